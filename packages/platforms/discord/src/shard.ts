import type { IIdentifyThrottler } from '@discordjs/ws';
import type { REST } from '@discordjs/rest';
import type { Log, RawEvent, SourceStatus, Typing } from '@bridge/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from './config.ts';
import { z } from 'zod';
import type { CatchUp } from './catch-up.ts';
import type { Directory } from './directory.ts';
import { toDeliveryError } from './failures.ts';
import { Connection } from './gateway-connection.ts';
import type { Ending } from './gateway-connection.ts';
import { channelOf, rawEventOf } from './gateway-events.ts';
import type { Dispatch, DispatchContext } from './gateway-events.ts';
import type { GatewayTiming } from './gateway.ts';
import type { Relay } from './relay.ts';
import { snowflake } from './payload.ts';
import { Progress } from './session.ts';
import type { Session } from './session.ts';
import { typingIn } from './typing.ts';

const messageHere = z.object({ id: snowflake, channel_id: snowflake });

/** What all shards of a bot share. */
export interface ShardHost {
  readonly token: string;
  readonly identity: Identity;
  readonly rest: REST;
  readonly log: Log;
  readonly throttler: IIdentifyThrottler;
  readonly timing: GatewayTiming;
  readonly directory: Directory;
  readonly relay: Relay;
  readonly catchUp: CatchUp;
  /** Hands an event on at once, for what has its place in the relay already. */
  emit(event: RawEvent): Promise<void>;
  /** Somebody writes. */
  typing(typing: Typing): void;
  /** A dispatch became no event. */
  ignored(reason: string): void;
  /** Status or number of servers changed. */
  changed(): void;
  /** The checkpoint may have moved. */
  progressed(): void;
}

const portal = 'https://discord.com/developers/applications → your application → Bot';
/** The sentence for a token that Discord refuses. */
export const badToken = `Discord refused the bot token. Make a new one (${portal} → Reset Token) and put it into DISCORD_BOT_TOKEN.`;

/** Close codes that no reconnect mends. Source: Gateway documentation, "Gateway Close Event Codes". */
const fatal: Readonly<Record<number, string>> = {
  4004: badToken,
  4010: 'Discord refused the shard number; restart the gateway.',
  4011: 'Discord wants this bot split over more shards; restart the gateway, which asks how many.',
  4012: 'Discord no longer speaks this version of the gateway; update the bridge.',
  4013: 'Discord refused the intents; update the bridge.',
  4014: `The bot may not read messages yet. Switch "Message Content Intent" on: ${portal} → Privileged Gateway Intents.`,
};
/** A connection that lasts this long is a good one, and the next delay begins small again. */
const goodAfterMs = 30_000;

/** One shard: keeps a connection, hands its events on, and knows how far they are safe. */
export class Shard {
  readonly #host: ShardHost;
  readonly #place: { readonly shardId: number; readonly shardCount: number };
  readonly #progress: Progress;
  #session: Session | null;
  #status: SourceStatus = { state: 'connecting' };
  #connection: Connection | undefined;
  #failures = 0;
  #full = false;

  constructor(
    host: ShardHost,
    { shardId, shardCount, session }: { readonly shardId: number; readonly shardCount: number; readonly session: Session | undefined },
  ) {
    this.#host = host;
    this.#place = { shardId, shardCount };
    this.#session = session ?? null;
    this.#progress = new Progress(session);
  }

  get status(): SourceStatus {
    return this.#status;
  }

  /** Where a later process may resume. */
  get safe(): Session | undefined {
    return this.#progress.safe;
  }

  /** Connects again and again until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => void this.#connection?.stop();
    signal.addEventListener('abort', stop, { once: true });
    while (!signal.aborted) {
      // What needs a person stays in sight while it is tried again.
      if (this.#status.state !== 'failed') this.#set({ state: 'connecting' });
      const startedAt = Date.now();
      const ending = await this.#connect();
      if (signal.aborted) break;
      await this.#pause(ending, { lastedMs: Date.now() - startedAt, signal });
    }
    signal.removeEventListener('abort', stop);
  }

  async #connect(): Promise<Ending> {
    const { token, rest, throttler } = this.#host;
    this.#connection = new Connection({
      ...this.#place,
      token,
      rest,
      throttler,
      viaGatewayUrl: this.#failures >= 3,
      session: () => this.#session,
      started: (session) => void (this.#session = session),
      dispatch: (dispatch) => this.#dispatch(dispatch),
      opened: () => this.#set({ state: 'connected' }),
    });
    return this.#connection.run();
  }

  #set(status: SourceStatus): void {
    this.#status = status;
    this.#host.changed();
  }

  #dispatch(dispatch: Dispatch): void {
    const session = this.#session;
    const { directory, identity, relay, timing } = this.#host;
    const guilds = directory.guilds;
    directory.learn(dispatch.t, dispatch.d);
    if (directory.guilds !== guilds && this.#status.state === 'connected') this.#host.changed();
    if (session === null) return;
    const now = { ...session, sequence: dispatch.s };
    this.#session = now;
    const done = this.#progress.begin(now);
    const finish = (): void => {
      done();
      this.#host.progressed();
    };
    const { ignored } = this.#host;
    const context = { sessionId: session.sessionId, at: Date.now(), directory, identity, ignored };
    if (dispatch.t === 'GUILD_CREATE') return this.#catchUp(dispatch.d, context, finish);
    if (dispatch.t === 'TYPING_START') this.#typing(dispatch.d);
    this.#hand(rawEventOf(dispatch, context), this.#passing(dispatch, finish));
    if (relay.pending <= timing.maxPending || this.#full) return;
    // Discord keeps what we do not fetch; memory would not. The session is resumed when there is room again.
    this.#full = true;
    this.#host.log.warn(
      { platform: 'discord', pending: relay.pending },
      'too many events wait for redis, gateway connection is let go for now',
    );
    void this.#connection?.stop();
  }

  #typing(d: unknown): void {
    const typing = typingIn(d, this.#host);
    if (typing !== undefined) this.#host.typing(typing);
  }

  /** By channel, since what hangs on what may not be known yet. */
  #hand(event: RawEvent | undefined, { channel, done }: { readonly channel: string | undefined; readonly done: () => void }): void {
    const { relay } = this.#host;
    if (event !== undefined) relay.push(event, done, channelOf(event));
    // What the bridge wrote itself is not handed on, but it is passed in its turn.
    else if (channel !== undefined) relay.run(channel, { task: async () => Promise.resolve(), done });
    else done();
  }

  /** A new message, once it is safe, is where its channel is read on from another time. */
  #passing({ t, d }: Dispatch, finish: () => void): { readonly channel: string | undefined; readonly done: () => void } {
    const message = t === 'MESSAGE_CREATE' ? messageHere.safeParse(d).data : undefined;
    if (message === undefined) return { channel: undefined, done: finish };
    const { id, channel_id: channel } = message;
    const done = (): void => {
      this.#accepted(channel, id);
      finish();
    };
    return { channel, done };
  }

  #accepted(channel: string, message: string): void {
    const { catchUp, directory } = this.#host;
    catchUp.accepted(channel, directory.channel(channel)?.parent, message);
  }

  /** What was missed takes its place before what comes from now on. */
  #catchUp(guild: unknown, context: DispatchContext, finish: () => void): void {
    const { catchUp, relay, log, emit } = this.#host;
    const gaps = catchUp.gaps(guild);
    let open = gaps.length;
    if (open === 0) return finish();
    log.info({ platform: 'discord', channels: open }, 'reading on from where the bridge was');
    const done = (): void => {
      open -= 1;
      if (open === 0) finish();
    };
    for (const gap of gaps) {
      const take = async (message: object): Promise<void> => {
        const event = rawEventOf({ t: 'MESSAGE_CREATE', d: message, s: 0 }, context);
        if (event !== undefined) await emit(event);
        const { data } = messageHere.safeParse(message);
        if (data !== undefined) this.#accepted(gap.channel, data.id);
      };
      relay.run(gap.channel, { task: async () => catchUp.fill(gap, take), done });
    }
  }

  async #pause(ending: Ending, { lastedMs, signal }: { readonly lastedMs: number; readonly signal: AbortSignal }): Promise<void> {
    if (ending.sessionLost) this.#session = null;
    this.#failures = ending.opened && (lastedMs >= goodAfterMs || this.#full) ? 0 : this.#failures + 1;
    const status = statusOf(ending);
    this.#host.log.warn(
      { platform: 'discord', ...this.#place, closeCode: ending.code, sessionLost: ending.sessionLost },
      'gateway connection ended',
    );
    this.#set(status);
    const { relay, timing } = this.#host;
    if (this.#full) {
      await Promise.race([relay.below(timing.maxPending / 2), aborted(signal)]);
      this.#full = false;
    }
    const delayMs = status.state === 'failed' ? timing.failedDelayMs : this.#delay(ending);
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  }

  /** The first reconnect is quick, as Discord asks for one every few hours; after that it doubles, with some chance in it. */
  #delay(ending: Ending): number {
    const { minDelayMs, maxDelayMs } = this.#host.timing;
    const quick = ending.opened && this.#failures <= 1;
    const delayMs = quick ? minDelayMs / 4 : Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(this.#failures - 1, 10));
    return delayMs * (0.75 + Math.random() / 2);
  }
}

function statusOf(ending: Ending): SourceStatus {
  const fix = fatal[ending.code ?? 0];
  if (fix !== undefined) return { state: 'failed', detail: fix };
  if (ending.error === undefined)
    return { state: 'disconnected', detail: `the gateway closed the connection (${ending.code ?? 'no code'}); reconnecting` };
  const { failure, message } = toDeliveryError(ending.error, { effect: 'repeatable', permission: '', aborted: false });
  return failure.kind === 'unauthorised' ? { state: 'failed', detail: badToken } : { state: 'disconnected', detail: message };
}

const aborted = async (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
