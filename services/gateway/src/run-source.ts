import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformId, RawEvent, SourceStatus, StreamContext, StreamSource } from '@bridge/core';
import type { RoleContext } from '@bridge/runtime';

export interface SourceOptions {
  readonly id: PlatformId;
  readonly stream: StreamSource;
  readonly context: RoleContext;
  readonly signal: AbortSignal;
}

export interface RunningSource {
  /** Why events of this platform do not come in now. Standing by is ready. */
  notReady(): readonly string[];
  readonly done: Promise<void>;
}

const restartDelayMs = 5_000;

/** Runs one platform's connection for as long as this process holds the platform's lease, again and again until stopped. */
export function runSource(options: SourceOptions): RunningSource {
  const { id, context } = options;
  const state: { status: SourceStatus | 'standby' } = { status: 'standby' };
  const report = (status: SourceStatus) => {
    state.status = status;
    context.report(id, status);
    context.metrics.sourceConnected.set({ platform: id }, status.state === 'connected' ? 1 : 0);
  };
  return {
    notReady: () => (state.status === 'standby' || state.status.state === 'connected' ? [] : [`${id}: ${state.status.detail ?? state.status.state}`]),
    done: keepRunning(options, report, () => (state.status = 'standby')),
  };
}

async function keepRunning(options: SourceOptions, report: (status: SourceStatus) => void, standBy: () => void): Promise<void> {
  const { id, stream, context, signal } = options;
  while (!signal.aborted) {
    try {
      await context.leases.hold(`source-${id}`, signal, async (held) => {
        context.log.info({ platform: id }, 'source started');
        await stream.run(streamContext(options, report, held));
        context.log.info({ platform: id }, 'source stopped');
      });
      standBy();
    } catch (error) {
      report({ state: 'disconnected', detail: 'the connection failed; see the log' });
      context.log.error({ platform: id, err: error }, 'source failed');
    }
    await sleep(restartDelayMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function streamContext({ id, context }: SourceOptions, report: (status: SourceStatus) => void, signal: AbortSignal): StreamContext {
  return {
    signal,
    status: report,
    checkpoint: {
      load: () => context.checkpoints.load(id),
      save: (value) => context.checkpoints.save(id, value),
    },
    emit: async (event: RawEvent) => {
      const result = await context.queues.accept({ v: 1, platform: id, ...event, receivedAt: Date.now() });
      context.metrics.accepted.inc({ platform: id, result });
    },
  };
}
