import { type HealthReport, type PlatformFlow, type QueueDepth, type RoleContext, type Snapshot, health } from '@bridge/runtime';
import type { OverviewView, PlatformView, ProblemView, Tone } from './protocol.ts';

type Context = Pick<RoleContext, 'configured' | 'bridges' | 'flow' | 'log'>;

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
    problems: problemsOf(report, platforms, depths),
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

/** What is wrong, the worst first, each with what mends it. */
function problemsOf(report: HealthReport, platforms: readonly PlatformView[], depths: readonly QueueDepth[]): ProblemView[] {
  const tone = report.status === 'unhealthy' ? 'bad' : 'warn';
  const told = (report.problems ?? []).map((text): ProblemView => {
    const platform = platforms.find(({ id }) => text.startsWith(`${id}: `));
    if (platform === undefined) return { tone, text };
    const named = `${platform.name}: ${text.slice(platform.id.length + 2)}`;
    return { tone: platform.tone === 'bad' ? 'bad' : 'warn', text: named, view: 'setup' };
  });
  const dead = depths.reduce((total, depth) => total + depth.dead, 0);
  const late = platforms.filter(
    ({ oldestAt, tone: now }) => oldestAt !== undefined && Date.now() - oldestAt > longWaitMs && now === 'good',
  );
  return [
    ...told.toSorted((a, b) => Number(b.tone === 'bad') - Number(a.tone === 'bad')),
    ...late.map(
      ({ name }): ProblemView => ({
        tone: 'warn',
        text: `${name}: messages have been waiting for more than a minute. They are tried again by themselves; the last steps under Messages say what the platform answers.`,
        view: 'messages',
      }),
    ),
    ...(dead === 0
      ? []
      : [
          {
            tone: 'warn' as const,
            text: `${dead === 1 ? '1 message' : `${dead.toLocaleString('en')} messages`} could not be delivered. See why, mend the cause, then retry.`,
            view: 'failed' as const,
          },
        ]),
  ];
}
