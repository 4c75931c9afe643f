import type { StepView } from '../protocol.ts';
import { duration } from './words.ts';

/** Where a delivery stands. */
export type Tone = 'going' | 'good' | 'warn' | 'bad';

/** One target of an event: how long it waited for its turn and how long it was worked on, in milliseconds after it was routed. */
export interface Branch {
  readonly platform: string;
  readonly waitedMs: number;
  readonly workedMs: number;
  readonly outcome: string;
  readonly detail: string;
  readonly tone: Tone;
}

/** The path of one event, as far as it is known. */
export interface Path {
  readonly event: string;
  readonly eventKey: string;
  readonly type: string;
  readonly receivedAt: number;
  /** Milliseconds after it was received; absent until it was routed. */
  readonly routedMs?: number;
  /** Why it goes nowhere. */
  readonly dropped?: string;
  readonly branches: readonly Branch[];
}

/** The path with one more step; a step of a newer event begins a new one, a step of an older one changes nothing. */
export function withStep(path: Path | undefined, step: StepView): Path | undefined {
  if (path && path.eventKey !== step.eventKey && step.receivedAt < path.receivedAt) return path;
  const { event, eventKey, type, receivedAt } = step;
  const known = path?.eventKey === eventKey ? path : { event, eventKey, type, receivedAt, branches: [] };
  const routedAt = step.step === 'routed' ? step.at : step.routedAt;
  const routed = routedAt === undefined ? known : { ...known, routedMs: Math.max(0, routedAt - receivedAt) };
  if (step.step === 'routed')
    return { ...routed, branches: (step.targets ?? []).map((platform) => branchOf(routed, platform) ?? waitingBranch(platform)) };
  if (step.target === undefined) return { ...routed, dropped: step.reason ?? 'by a rule' };
  const branch = branchFrom(step, step.target);
  const others = routed.branches.filter(({ platform }) => platform !== step.target);
  const at = routed.branches.findIndex(({ platform }) => platform === step.target);
  return { ...routed, branches: at < 0 ? [...others, branch] : routed.branches.with(at, branch) };
}

const branchOf = (path: Path, platform: string) => path.branches.find((branch) => branch.platform === platform);

const waitingBranch = (platform: string): Branch => ({
  platform,
  waitedMs: 0,
  workedMs: 0,
  outcome: 'on its way',
  detail: '',
  tone: 'going',
});

function branchFrom(step: StepView, platform: string): Branch {
  const routedAt = step.routedAt ?? step.receivedAt;
  const startedAt = step.startedAt ?? step.at;
  const place = { platform, waitedMs: Math.max(0, startedAt - routedAt), workedMs: Math.max(0, step.at - startedAt) };
  const attempt = (step.attempt ?? 1) > 1 ? `, attempt ${step.attempt}` : '';
  const why = step.reason ?? '';
  switch (step.step) {
    case 'delivered':
      return { ...place, outcome: `delivered after ${duration(step.at - step.receivedAt)}${attempt}`, detail: idsOf(step), tone: 'good' };
    case 'waiting':
      return { ...place, outcome: `waiting to be tried again${attempt}`, detail: why, tone: 'warn' };
    case 'dropped':
      return { ...place, outcome: 'not carried', detail: why, tone: 'warn' };
    default:
      return { ...place, outcome: 'could not be delivered', detail: why, tone: 'bad' };
  }
}

function idsOf({ messages = [] }: StepView): string {
  return messages.map((id) => `#${id.length > 10 ? `…${id.slice(-8)}` : id}`).join(', ');
}
