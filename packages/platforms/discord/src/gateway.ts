import { SimpleIdentifyThrottler } from '@discordjs/ws';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConversationId, Log, RawEvent, SourceStatus, StreamContext, StreamSource } from '@bridge/core';
import { z } from 'zod';
import type { Identity } from './config.ts';
import { CatchUp, type LastAccepted } from './catch-up.ts';
import { Directory } from './directory.ts';
import { toDeliveryError } from './failures.ts';
import { channelOf, placed } from './gateway-events.ts';
import { Relay } from './relay.ts';
import type { Api } from './rest.ts';
import { readCheckpoint, writeCheckpoint } from './session.ts';
import { Shard, badToken } from './shard.ts';
import type { ShardHost } from './shard.ts';

/** Delays in milliseconds, and the bound on memory. Tests shorten them. */
export interface GatewayTiming {
  /** Delay before the second try to connect; it doubles up to `maxDelayMs`. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Delay while only a person can help. */
  readonly failedDelayMs: number;
  /** Events that may wait for Redis before the connection is given up until it is back. */
  readonly maxPending: number;
  readonly saveEveryMs: number;
}
/** As in production. */
const defaultTiming: GatewayTiming = {
  minDelayMs: 1_000,
  maxDelayMs: 60_000,
  failedDelayMs: 60_000,
  maxPending: 2_000,
  saveEveryMs: 250,
};

/** What the gateway is made of. */
export interface GatewayDeps {
  readonly token: string;
  readonly identity: Identity;
  readonly api: Api;
  readonly log: Log;
  readonly timing?: Partial<GatewayTiming>;
}

/** Discord's gateway as a source of raw events. */
export function createGateway(deps: GatewayDeps): StreamSource {
  return { run: async (context) => new Gateway(deps, context).run() };
}

const gatewayBot = z.object({
  shards: z.number().int().min(1).max(1_000).catch(1),
  session_start_limit: z.object({ max_concurrency: z.number().min(1).catch(1) }).catch({ max_concurrency: 1 }),
});

const none: readonly ConversationId[] = [];

class Gateway {
  readonly #deps: GatewayDeps;
  readonly #context: StreamContext;
  readonly #timing: GatewayTiming;
  readonly #directory = new Directory();
  readonly #relay: Relay;
  #shards: readonly Shard[] = [];
  #catchUp: CatchUp | undefined;
  #saved = '';
  #saving: Promise<void> | undefined;

  constructor(deps: GatewayDeps, context: StreamContext) {
    this.#deps = deps;
    this.#context = context;
    this.#timing = { ...defaultTiming, ...deps.timing };
    this.#relay = new Relay({
      emit: async (event) => this.#emit(event),
      failed: (_error, delayMs) =>
        deps.log.warn({ platform: 'discord', delayMs, pending: this.#relay.pending }, 'event not accepted, will be offered again'),
      signal: context.signal,
    });
  }

  async run(): Promise<void> {
    const { signal, checkpoint } = this.#context;
    this.#context.status({ state: 'connecting' });
    const info = await this.#fetchInfo();
    if (info !== undefined) {
      const before = readCheckpoint(await checkpoint.load());
      this.#directory.assumeGuilds(before.guilds);
      const catchUp = this.#catchUpFrom(before.last);
      const host = this.#host(new SimpleIdentifyThrottler(info.session_start_limit.max_concurrency), catchUp);
      this.#shards = Array.from({ length: info.shards }, (_, shardId) => {
        const session = before.sessions.find((one) => one.shardId === shardId && one.shardCount === info.shards);
        return new Shard(host, { shardId, shardCount: info.shards, session });
      });
      await Promise.all(this.#shards.map(async (shard) => shard.run(signal)));
      await this.#relay.settled(5_000);
      await this.#saving;
      await this.#save();
    }
    this.#context.status({ state: 'disconnected' });
  }

  async #emit(event: RawEvent): Promise<void> {
    await this.#context.emit(await this.#located(event));
  }

  /** Which channel a thread hangs on is asked for where the gateway has not told it, as after a resumed session. */
  async #located(event: RawEvent): Promise<RawEvent> {
    for (let asked = 0; asked < 2; asked += 1) {
      const missing = this.#directory.missing(channelOf(event));
      if (missing === undefined) break;
      await this.#ask(missing);
    }
    return placed(event, this.#directory);
  }

  async #ask(id: string): Promise<void> {
    const { signal } = this.#context;
    // A channel that cannot be had is taken for one that is no thread.
    const unknown = { id, name: id, type: 0 };
    for (const delayMs of [this.#timing.minDelayMs, this.#timing.minDelayMs, 0]) {
      try {
        const channel = await this.#deps.api.call({ method: 'GET', path: `/channels/${id}` }, signal);
        return this.#directory.learn('CHANNEL_CREATE', { ...unknown, ...Object(channel) });
      } catch (error) {
        const { failure } = toDeliveryError(error, { effect: 'repeatable', permission: '', aborted: signal.aborted });
        if (failure.kind === 'permanent') break;
        await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      }
    }
    this.#directory.learn('CHANNEL_CREATE', unknown);
  }

  #catchUpFrom(last: LastAccepted): CatchUp {
    const { api, log } = this.#deps;
    const { signal, conversations = () => none } = this.#context;
    const catchUp = new CatchUp({ api, log, signal, conversations, retryMs: this.#timing.minDelayMs }, last);
    this.#catchUp = catchUp;
    return catchUp;
  }

  #host(throttler: SimpleIdentifyThrottler, catchUp: CatchUp): ShardHost {
    const { token, api, identity, log } = this.#deps;
    return {
      token,
      identity,
      rest: api.rest,
      log,
      throttler,
      timing: this.#timing,
      directory: this.#directory,
      relay: this.#relay,
      catchUp,
      emit: async (event) => this.#emit(event),
      typing: (typing) => this.#context.typing?.(typing),
      ignored: (reason) => this.#context.ignored?.(reason),
      changed: () => this.#report(),
      progressed: () => this.#saveSoon(),
    };
  }

  /** How many shards Discord wants; undefined when stopped meanwhile. */
  async #fetchInfo(): Promise<z.infer<typeof gatewayBot> | undefined> {
    const { signal } = this.#context;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        return gatewayBot.parse(await this.#deps.api.call({ method: 'GET', path: '/gateway/bot' }, signal));
      } catch (error) {
        const { failure, message } = toDeliveryError(error, { effect: 'repeatable', permission: '', aborted: signal.aborted });
        const refused = failure.kind === 'unauthorised';
        this.#context.status(refused ? { state: 'failed', detail: badToken } : { state: 'disconnected', detail: message });
        const { minDelayMs, maxDelayMs, failedDelayMs } = this.#timing;
        const delayMs = refused ? failedDelayMs : Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failures, 10));
        await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  /** The worst of all shards is the whole's. */
  #report(): void {
    const states = this.#shards.map((shard) => shard.status);
    const worst = states.find(({ state }) => state === 'failed') ?? states.find(({ state }) => state !== 'connected');
    const status: SourceStatus = worst ?? { state: 'connected', guilds: this.#directory.guilds };
    this.#context.status(status);
  }

  /** At most one save per `saveEveryMs`: a checkpoint that lags only replays a little more. */
  #saveSoon(): void {
    if (this.#context.signal.aborted) return;
    this.#saving ??= sleep(this.#timing.saveEveryMs, undefined, { signal: this.#context.signal, ref: false })
      .catch(() => undefined)
      .then(async () => this.#save())
      .finally(() => void (this.#saving = undefined));
  }

  async #save(): Promise<void> {
    const value = writeCheckpoint({
      guilds: this.#directory.guilds,
      sessions: this.#shards.flatMap((shard) => shard.safe ?? []),
      last: this.#catchUp?.last ?? {},
    });
    if (value === this.#saved) return;
    try {
      await this.#context.checkpoint.save(value);
      this.#saved = value;
    } catch {
      this.#deps.log.warn({ platform: 'discord' }, 'checkpoint not saved, will be tried again');
    }
  }
}
