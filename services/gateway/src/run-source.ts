import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Bridge,
  type ConversationId,
  type PlatformId,
  type SourceStatus,
  type StreamContext,
  type StreamSource,
  routeTyping,
} from '@bridge/core';
import { type RoleContext, acceptEvent } from '@bridge/runtime';

export interface SourceOptions {
  readonly id: PlatformId;
  readonly stream: StreamSource;
  readonly context: RoleContext;
  readonly signal: AbortSignal;
  /** Delay before a connection that ended by itself is made again, milliseconds. */
  readonly restartMs?: number;
}

export interface RunningSource {
  /** Why events of this platform do not come in now. Standing by is ready. */
  notReady(): readonly string[];
  /** Resolves once `signal` has aborted and the connection is closed. Never rejects. */
  readonly done: Promise<void>;
}

const defaultRestartMs = 5_000;

/** Runs one platform's connection for as long as this process holds the platform's lease, again and again until stopped. */
export function runSource(options: SourceOptions): RunningSource {
  const { id, context } = options;
  let current: SourceStatus | undefined;
  // Undefined while this process stands by: another one speaks for the platform then.
  const report = (status: SourceStatus | undefined) => {
    current = status;
    context.report(id, status);
    context.metrics.sourceConnected.set({ platform: id }, status?.state === 'connected' ? 1 : 0);
  };
  return {
    notReady: () => (current === undefined || current.state === 'connected' ? [] : [`${id}: ${current.detail ?? current.state}`]),
    done: keepRunning(options, report),
  };
}

type Report = (status: SourceStatus | undefined) => void;

async function keepRunning(options: SourceOptions, report: Report): Promise<void> {
  const { id, context, signal, restartMs = defaultRestartMs } = options;
  while (!signal.aborted) {
    try {
      report(undefined);
      await context.leases.hold(`source-${id}`, signal, (held) => hold(options, report, held));
      report(undefined);
    } catch (error) {
      report({ state: 'disconnected', detail: 'the connection failed and is made again; the log says why' });
      context.log.error({ platform: id, err: error }, 'source failed');
    }
    await sleep(restartMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function hold(options: SourceOptions, report: Report, held: AbortSignal): Promise<void> {
  const { id, stream, context } = options;
  context.log.info({ platform: id }, 'source started');
  report({ state: 'connecting' });
  // A stream that ends late, when another process may hold the lease, has nothing to say any more.
  await stream.run(streamContext(options, (status) => (held.aborted ? undefined : report(status)), held));
  context.log.info({ platform: id }, 'source stopped');
}

/** Made anew only when bridges.yaml is read anew: it is asked for with every message. */
function bridgedOf({ bridges }: RoleContext, id: PlatformId): () => readonly ConversationId[] {
  let known: { readonly list: readonly Bridge[]; readonly conversations: readonly ConversationId[] } = { list: [], conversations: [] };
  return () => {
    const list = bridges.list();
    if (list === known.list) return known.conversations;
    const members = list.flatMap((bridge) => bridge.members).filter(({ platform }) => platform === id);
    known = { list, conversations: members.map(({ conversation }) => conversation) };
    return known.conversations;
  };
}

function streamContext({ id, context }: SourceOptions, report: Report, signal: AbortSignal): StreamContext {
  return {
    signal,
    status: report,
    checkpoint: {
      load: () => context.checkpoints.load(id),
      save: (value) => context.checkpoints.save(id, value),
    },
    emit: async (event) => void (await acceptEvent(context, id, event)),
    ignored: (reason) => context.metrics.ignored.inc({ platform: id, reason }),
    typing: (typing) => {
      for (const target of routeTyping(id, typing, context.bridges.index())) context.typing.tell(target);
    },
    conversations: bridgedOf(context, id),
  };
}
