import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import type { IIdentifyThrottler, SessionInfo } from '@discordjs/ws';
import type { REST } from '@discordjs/rest';
import { GatewayIntentBits } from 'discord-api-types/v10';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatch } from './gateway-events.ts';

/** What is listened to. MessageContent is privileged: a person must switch it on. */
const intents =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.GuildMessageReactions |
  GatewayIntentBits.GuildMessageTyping |
  GatewayIntentBits.MessageContent;

/** How a connection ended. */
export interface Ending {
  /** The close code; absent where no connection came about. */
  readonly code?: number;
  readonly error?: unknown;
  /** Discord said that the session cannot be resumed. */
  readonly sessionLost: boolean;
  /** READY or RESUMED was reached. */
  readonly opened: boolean;
}

/** What one connection needs, and whom it tells. */
export interface ConnectionOptions {
  readonly token: string;
  readonly rest: REST;
  readonly shardId: number;
  readonly shardCount: number;
  readonly throttler: IIdentifyThrottler;
  /** Reconnecting where the session was does not work: go through Discord's front door. */
  readonly viaGatewayUrl: boolean;
  session(): SessionInfo | null;
  /** A new session began. */
  started(session: SessionInfo): void;
  dispatch(dispatch: Dispatch): void;
  opened(): void;
}

/** Private use, and not 1000 or 1001: those make Discord forget the session. */
const keepSession = 4200;
const invalidSession = 'Invalid session; will attempt to resume: false';
/** Invalid sequence and session timed out. */
const lostCodes: ReadonlySet<number> = new Set([4007, 4009]);

/**
 * One connection of one shard, from connect to close. The library would reconnect by itself every half second for ever and
 * drops the session when a connection is refused; so it is left at the first close, and who called decides when to come back.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #manager: WebSocketManager;
  readonly #ended: Promise<Ending>;
  readonly #settle: (ending: Ending) => void;
  #live = true;
  #hello = false;
  #openedOnce = false;
  #sessionLost = false;
  #frontDoor: string | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.#ended = promise;
    this.#settle = resolve;
    const { token, rest, shardId, shardCount, throttler } = options;
    this.#manager = new WebSocketManager({
      token,
      rest,
      intents,
      version: '10',
      shardIds: [shardId],
      shardCount,
      // The handshake gives up before the wait for HELLO does, or the library would leave a socket behind.
      handshakeTimeout: 10_000,
      helloTimeout: 20_000,
      readyTimeout: 30_000,
      buildIdentifyThrottler: () => throttler,
      retrieveSessionInfo: () => this.#retrieve(),
      updateSessionInfo: (_shard, session) => this.#update(session),
    });
    this.#listen();
  }

  async run(): Promise<Ending> {
    void this.#connect();
    return this.#ended;
  }

  /** Closes so that the session can be resumed. */
  async stop(): Promise<void> {
    // A socket that is still being opened cannot be closed through the library.
    for (let waited = 0; !this.#hello && this.#live && waited < 1_000; waited += 20) await sleep(20);
    this.#live = false;
    await Promise.race([this.#destroy(), sleep(2_000, undefined, { ref: false })]);
    this.#end({ code: keepSession });
  }

  async #destroy(): Promise<void> {
    try {
      await this.#manager.destroy({ code: keepSession, reason: 'restarting' });
    } catch {
      // It was not open, which is what is wanted.
    }
  }

  async #connect(): Promise<void> {
    try {
      // A 401 made the client forget it.
      this.#options.rest.setToken(this.#options.token);
      if (this.#options.viaGatewayUrl) this.#frontDoor = (await this.#manager.fetchGatewayInformation()).url;
      await this.#manager.connect();
    } catch (error) {
      this.#end({ error });
    }
  }

  #retrieve(): SessionInfo | null | Promise<never> {
    // Never answered once this connection is over, which keeps the library from opening another one.
    if (!this.#live) return new Promise<never>(() => undefined);
    const session = this.#options.session();
    return session === null || this.#frontDoor === undefined ? session : { ...session, resumeURL: this.#frontDoor };
  }

  /**
   * Only a new session counts. The sequence comes before its event does, so it is taken from the event. Null comes for
   * refused connections too; whether the session is lost is told otherwise.
   */
  #update(session: SessionInfo | null): void {
    if (this.#live && session !== null && session.sessionId !== this.#options.session()?.sessionId) this.#options.started(session);
  }

  #listen(): void {
    const manager = this.#manager;
    const open = (): void => {
      this.#openedOnce = true;
      if (this.#live) this.#options.opened();
    };
    manager.on(WebSocketShardEvents.Hello, () => void (this.#hello = true));
    manager.on(WebSocketShardEvents.Ready, open);
    manager.on(WebSocketShardEvents.Resumed, open);
    manager.on(WebSocketShardEvents.Dispatch, ({ data }) => {
      if (this.#live) this.#options.dispatch({ t: data.t, d: data.d, s: data.s });
    });
    manager.on(WebSocketShardEvents.Debug, ({ message }) => {
      if (message.startsWith(invalidSession)) this.#sessionLost = true;
    });
    // Without a listener an error event is thrown; what it says comes again as the close code.
    manager.on(WebSocketShardEvents.Error, () => undefined);
    manager.on(WebSocketShardEvents.Closed, ({ code }) => this.#end({ code }));
  }

  #end(how: Pick<Ending, 'code' | 'error'>): void {
    this.#live = false;
    const sessionLost = this.#sessionLost || (how.code !== undefined && lostCodes.has(how.code));
    this.#settle({ ...how, sessionLost, opened: this.#openedOnce });
  }
}
