import { type HealthReport, type PlatformFlow, type QueueDepth, type RoleContext, type Snapshot, health } from '@bridge/runtime';
import { z } from 'zod';
import type { OverviewView, PlatformView, ProblemView, Tone } from './protocol.ts';

type Context = Pick<RoleContext, 'configured' | 'bridges' | 'flow' | 'log' | 'queues'>;

/** Longer than a message waits when all is well, and than one retry takes. */
const longWaitMs = 60_000;

/** What the first view shows. Never rejects: a Redis that does not answer is what it then shows. */
export async function overviewOf(context: Context, snapshot: Snapshot): Promise<OverviewView> {
  const flows = snapshot.redis ? await flowsOf(context) : new Map<string, PlatformFlow>();
  const report = health(context, snapshot);
  const platforms = [...context.configured].map(([id, { platform }]) =>
    platformView({ id, name: platform.displayName, report, snapshot, flow: flows.get(id) }),
  );
  const depths = snapshot.depths;
  const bridges = context.bridges.list();
  const sum = (pick: (platform: PlatformView) => readonly number[]) => platforms.flatMap(pick).reduce((total, count) => total + count, 0);
  return {
    status: report.status,
    problems: problemsOf(report, { platforms, depths, late: await lateOf(context, platforms) }),
    platforms,
    arriving: { ...waitingOf(depths, 'inbound'), dead: deadOf(depths, 'inbound') },
    processes: snapshot.heartbeats.map(({ id, pid, roles, version, startedAt }) => ({ id, pid, roles, version, startedAt })),
    totals: {
      waiting: depths.reduce((total, depth) => total + depth.waiting, 0),
      dead: depths.reduce((total, depth) => total + depth.dead, 0),
      inLastHour: sum((platform) => platform.in),
      outLastHour: sum((platform) => platform.out),
    },
    bridges: { all: bridges.length, enabled: bridges.filter((bridge) => bridge.enabled).length },
  };
}

async function flowsOf({ flow, configured, log }: Context): Promise<ReadonlyMap<string, PlatformFlow>> {
  try {
    return await flow.platforms([...configured.keys()]);
  } catch (error) {
    log.debug({ err: error }, 'the flow could not be read');
    return new Map();
  }
}

interface Looking {
  readonly id: string;
  readonly name: string;
  readonly report: HealthReport;
  readonly snapshot: Snapshot;
  readonly flow: PlatformFlow | undefined;
}

function platformView({ id, name, report, snapshot, flow }: Looking): PlatformView {
  const { status = 'unknown', detail } = report.services[id] ?? {};
  const queue = `outbound-${id}`;
  const { tone, word } = words[status] ?? { tone: 'warn', word: status };
  return {
    id,
    name,
    tone,
    word,
    ...(detail === undefined ? {} : { detail }),
    ...(flow?.lastIn === undefined ? {} : { lastIn: flow.lastIn }),
    ...(flow?.lastOut === undefined ? {} : { lastOut: flow.lastOut }),
    ...waitingOf(snapshot.depths, queue),
    dead: deadOf(snapshot.depths, queue),
    in: flow?.in ?? [],
    out: flow?.out ?? [],
  };
}

const words: Readonly<Record<string, { readonly tone: Tone; readonly word: string }>> = {
  active: { tone: 'good', word: 'working' },
  connected: { tone: 'good', word: 'connected' },
  connecting: { tone: 'warn', word: 'connecting' },
  disconnected: { tone: 'bad', word: 'disconnected' },
  failed: { tone: 'bad', word: 'failed' },
  paused: { tone: 'bad', word: 'paused' },
  unknown: { tone: 'idle', word: 'unknown' },
};

function waitingOf(depths: readonly QueueDepth[], queue: string): { readonly waiting: number; readonly oldestAt?: number } {
  const depth = depths.find((one) => one.queue === queue);
  if (depth === undefined || depth.waiting === 0) return { waiting: 0 };
  // To the second, so that looking again says the same.
  return { waiting: depth.waiting, oldestAt: Math.round((Date.now() - depth.oldestWaitingMs) / 1_000) * 1_000 };
}

const deadOf = (depths: readonly QueueDepth[], queue: string): number => depths.find((one) => one.queue === queue)?.dead ?? 0;

/** A platform that works and whose oldest message has waited for long all the same, with what the platform answered last. */
interface Late {
  readonly name: string;
  readonly why: string;
}

async function lateOf({ queues, log }: Context, platforms: readonly PlatformView[]): Promise<readonly Late[]> {
  const late = platforms.filter(({ oldestAt, tone }) => oldestAt !== undefined && Date.now() - oldestAt > longWaitMs && tone === 'good');
  return Promise.all(
    late.map(async ({ id, name }) => {
      const queue = queues.jobs.find((candidate) => candidate.name === `outbound-${id}`);
      // A conversation that waits for its next attempt says why in its job.
      const [job] = (await queue?.getDelayed(0, 0).catch((error: unknown) => void log.debug({ err: error }, 'jobs not read'))) ?? [];
      const data = waitingJob.safeParse(job?.data).data;
      return { name, why: data?.why ?? '' };
    }),
  );
}

const waitingJob = z.object({ why: z.string() });

interface Judged {
  readonly platforms: readonly PlatformView[];
  readonly depths: readonly QueueDepth[];
  readonly late: readonly Late[];
}

/** What is wrong, the worst first, each with what mends it. */
function problemsOf(report: HealthReport, { platforms, depths, late }: Judged): ProblemView[] {
  const told = (report.problems ?? []).map((text) => problemOf(text, report, platforms));
  const dead = depths.reduce((total, depth) => total + depth.dead, 0);
  return [
    ...told.toSorted((a, b) => Number(b.tone === 'bad') - Number(a.tone === 'bad')),
    ...late.map((one): ProblemView => ({ tone: 'warn', text: lateText(one), view: 'messages' })),
    ...(dead === 0 ? [] : [{ tone: 'warn' as const, text: deadText(dead), view: 'failed' as const }]),
  ];
}

function problemOf(text: string, { status }: HealthReport, platforms: readonly PlatformView[]): ProblemView {
  const platform = platforms.find(({ id }) => text.startsWith(`${id}: `));
  if (platform === undefined) return { tone: status === 'unhealthy' ? 'bad' : 'warn', text };
  const named = `${platform.name}: ${text.slice(platform.id.length + 2)}`;
  return { tone: platform.tone === 'bad' ? 'bad' : 'warn', text: named, view: 'setup' };
}

function lateText({ name, why }: Late): string {
  const said = why === '' ? '' : ` Its last answer: ${why}.`;
  return `${name}: messages have been waiting for more than a minute.${said} They are tried again by themselves, in order.`;
}

function deadText(dead: number): string {
  const messages = dead === 1 ? '1 message' : `${dead.toLocaleString('en')} messages`;
  return `${messages} could not be delivered. See why, mend the cause, then retry.`;
}
