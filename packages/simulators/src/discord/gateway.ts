import type { IncomingMessage, Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Dispatch } from './acts.ts';
import { type CloseCode, type ConnectionHost, GatewayConnection } from './gateway-connection.ts';
import { GatewaySession, type GatewaySessionView } from './gateway-session.ts';
import { type AllowedIntents, disallowedIntents, intents, knownIntents } from './intents.ts';
import { isList } from './json.ts';
import { applicationFlags, guildCreateJson } from './render-guild.ts';
import { userJson } from './render.ts';
import type { World } from './world.ts';

/** How the gateway behaves. */
export interface GatewayOptions {
  /** What clients are told; 41,250 ms where absent, as at Discord. */
  readonly heartbeatIntervalMs?: number;
  /** How long a session without connection can be resumed; 3 minutes where absent. */
  readonly sessionTimeoutMs?: number;
  /** How many of the last events a session can replay; 10,000 where absent. */
  readonly replayCapacity?: number;
  /** IDENTIFYs in 24 hours; 1000 where absent. One more resets the token. */
  readonly identifyBudget?: number;
  /** The clock that limits go by, Unix milliseconds; this machine's where absent. */
  readonly now?: () => number;
  /** Calls `run` when a client was silent for that long, unless cancelled by what it returns; a timer of this process where absent. */
  readonly after?: (ms: number, run: () => void) => () => void;
  /** Privileged intents that are switched on; MESSAGE_CONTENT alone where absent. */
  readonly allowedIntents?: AllowedIntents;
}

/** The gateway, for tests. */
export interface GatewayControl {
  /** Those that are connected or can be resumed. */
  readonly sessions: readonly GatewaySessionView[];
  /** IDENTIFYs that led to a session. */
  readonly identifies: number;
  /** RESUMEs that succeeded. */
  readonly resumes: number;
  /** Open WebSockets. */
  readonly connections: number;
  /** Cuts all connections: without a close frame, or with this close code. Sessions stay resumable, whatever the code. */
  dropAll(code?: number): void;
  /** Asks all clients to connect anew and resume (op 7). */
  requestReconnect(): void;
  /** Asks all clients for a heartbeat now (op 1). */
  requestHeartbeat(): void;
  /** Tells all clients that their session is invalid (op 9), and forgets the sessions unless `resumable`. */
  invalidateSessions(resumable?: boolean): void;
  /** Plays dead: connections stay open and nothing is sent on them, not even heartbeat ACKs. Sessions go on numbering events. */
  setMuted(muted: boolean): void;
}

/** The gateway, for the simulator. */
export interface Gateway extends GatewayControl {
  dispatch(dispatch: Dispatch): void;
  identifyBudget(): { readonly total: number; readonly remaining: number; readonly resetAfterMs: number };
  /** Takes WebSocket connections of this server. */
  listen(server: Server): void;
  close(): void;
}

/** What the gateway needs of the rest. */
export interface GatewayHost {
  readonly world: World;
  readonly options: GatewayOptions;
  /** Enforces that one IDENTIFY may come every 5 s. */
  readonly limits: boolean;
  isToken(token: string): boolean;
  /** Makes the token invalid. */
  revokeToken(): void;
  url(): string;
}

const dayMs = 86_400_000;
/** `max_concurrency` is one IDENTIFY in this time. */
const identifySpacingMs = 5_000;

/** A gateway without connections. */
export function createGateway(host: GatewayHost): Gateway {
  return new SimulatedGateway(host);
}

class SimulatedGateway implements Gateway, ConnectionHost {
  readonly heartbeatIntervalMs: number;
  readonly #host: GatewayHost;
  readonly #sessions = new Map<string, GatewaySession>();
  readonly #connections = new Set<GatewayConnection>();
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #budget: { readonly total: number; used: number; endsAt: number };
  #lastIdentifyAt = 0;
  #resumes = 0;
  #identifies = 0;
  #muted = false;

  constructor(host: GatewayHost) {
    this.#host = host;
    this.heartbeatIntervalMs = host.options.heartbeatIntervalMs ?? 41_250;
    this.#budget = { total: host.options.identifyBudget ?? 1000, used: 0, endsAt: Date.now() + dayMs };
  }

  get sessions(): readonly GatewaySessionView[] {
    this.#expire();
    return [...this.#sessions.values()];
  }

  get identifies(): number {
    return this.#identifies;
  }

  get resumes(): number {
    return this.#resumes;
  }

  get connections(): number {
    return this.#connections.size;
  }

  listen(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      this.#server.handleUpgrade(request, socket, head, (client) => this.#connect(client, request));
    });
  }

  dispatch(dispatch: Dispatch): void {
    this.#expire();
    let full: string | undefined;
    let redacted: string | undefined;
    for (const session of this.#sessions.values()) {
      if (!session.wants(dispatch)) continue;
      const hidden = dispatch.redacted !== undefined && !session.readsContent;
      if (hidden) redacted ??= JSON.stringify(dispatch.redacted?.());
      else full ??= JSON.stringify(dispatch.data);
      session.dispatch(dispatch.event, (hidden ? redacted : full) ?? 'null');
    }
  }

  dropAll(code?: number): void {
    for (const connection of this.#connections) {
      if (code === undefined) connection.drop();
      else connection.close(code);
    }
  }

  requestReconnect(): void {
    for (const connection of this.#connections) connection.requestReconnect();
  }

  requestHeartbeat(): void {
    for (const connection of this.#connections) connection.requestHeartbeat();
  }

  invalidateSessions(resumable = false): void {
    if (!resumable) this.#sessions.clear();
    for (const connection of this.#connections) connection.invalidate(resumable);
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
  }

  after(ms: number, run: () => void): () => void {
    return (this.#host.options.after ?? afterTimer)(ms, run);
  }

  isMuted(): boolean {
    return this.#muted;
  }

  identifyBudget(): { readonly total: number; readonly remaining: number; readonly resetAfterMs: number } {
    if (Date.now() >= this.#budget.endsAt) Object.assign(this.#budget, { used: 0, endsAt: Date.now() + dayMs });
    const { total, used, endsAt } = this.#budget;
    return { total, remaining: Math.max(0, total - used), resetAfterMs: endsAt - Date.now() };
  }

  identify(data: Record<string, unknown>): GatewaySession | CloseCode | 'invalid-session' {
    const { token, properties, intents: wanted, shard } = data;
    if (typeof token !== 'string' || typeof properties !== 'object' || properties === null) return 4002;
    if (!this.#host.isToken(token)) return 4004;
    if (typeof wanted !== 'number' || !Number.isInteger(wanted) || wanted < 0 || (wanted & ~knownIntents) !== 0) return 4013;
    if ((wanted & disallowedIntents(this.#host.options.allowedIntents ?? {})) !== 0) return 4014;
    const place = readShard(shard);
    if (place === 'invalid') return 4010;
    if (this.identifyBudget().remaining === 0) return this.#exhausted();
    this.#budget.used += 1;
    const now = (this.#host.options.now ?? Date.now)();
    if (this.#host.limits && now - this.#lastIdentifyAt < identifySpacingMs) return 'invalid-session';
    this.#lastIdentifyAt = now;
    const session = new GatewaySession(this.#host.world.random.hex(32), {
      intents: wanted,
      shard: place,
      capacity: this.#host.options.replayCapacity ?? 10_000,
    });
    this.#sessions.set(session.id, session);
    this.#identifies += 1;
    return session;
  }

  welcome(session: GatewaySession): void {
    const { world } = this.#host;
    const ready = {
      v: 10,
      user_settings: {},
      user: { ...userJson(world.bot), verified: true, mfa_enabled: true, email: null },
      session_type: 'normal',
      session_id: session.id,
      resume_gateway_url: this.#host.url(),
      relationships: [],
      private_channels: [],
      presences: [],
      guilds: [{ id: world.guildId, unavailable: true }],
      guild_join_requests: [],
      geo_ordered_rtc_regions: [],
      auth: {},
      application: {
        id: world.applicationId,
        flags: applicationFlags((disallowedIntents(this.#host.options.allowedIntents ?? {}) & intents.messageContent) === 0),
      },
      ...(session.shard === undefined ? {} : { shard: session.shard }),
      _trace: ['["simulated-gateway"]'],
    };
    session.dispatch('READY', JSON.stringify(ready));
    if ((session.intents & intents.guilds) !== 0) session.dispatch('GUILD_CREATE', JSON.stringify(guildCreateJson(world)));
  }

  resume(data: Record<string, unknown>): { readonly session: GatewaySession; readonly sequence: number } | CloseCode | 'invalid-session' {
    const { token, session_id: id, seq } = data;
    if (typeof token !== 'string' || typeof id !== 'string' || typeof seq !== 'number') return 4002;
    if (!this.#host.isToken(token)) return 4004;
    this.#expire();
    const session = this.#sessions.get(id);
    if (session === undefined) return 'invalid-session';
    if (seq < 0 || seq > session.sequence || !Number.isInteger(seq)) {
      this.#sessions.delete(id);
      return 4007;
    }
    if (!session.canReplay(seq)) {
      this.#sessions.delete(id);
      return 'invalid-session';
    }
    this.#resumes += 1;
    return { session, sequence: seq };
  }

  end(session: GatewaySession): void {
    this.#sessions.delete(session.id);
  }

  gone(connection: GatewayConnection): void {
    this.#connections.delete(connection);
  }

  close(): void {
    this.#sessions.clear();
    this.dropAll();
    this.#server.close();
  }

  #connect(client: WebSocket, request: IncomingMessage): void {
    const query = new URL(request.url ?? '/', 'ws://gateway').searchParams;
    const connection = new GatewayConnection(client, this);
    this.#connections.add(connection);
    // `compress` needs no answer: Discord need not compress, and what is not compressed comes as text.
    if (!['9', '10'].includes(query.get('v') ?? '10')) connection.close(4012);
    else if ((query.get('encoding') ?? 'json') !== 'json') connection.close(4002);
  }

  /** Too many IDENTIFYs: all sessions end and the token is reset. Source: API reference, "Identifying". */
  #exhausted(): CloseCode {
    this.#sessions.clear();
    this.#host.revokeToken();
    for (const connection of this.#connections) connection.close(4004);
    return 4004;
  }

  #expire(): void {
    const before = Date.now() - (this.#host.options.sessionTimeoutMs ?? 180_000);
    for (const session of this.#sessions.values()) {
      if (session.lostAt !== undefined && session.lostAt <= before) this.#sessions.delete(session.id);
    }
  }
}

function afterTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
}

function readShard(shard: unknown): readonly [number, number] | undefined | 'invalid' {
  if (shard === undefined || shard === null) return undefined;
  if (!isList(shard) || shard.length !== 2) return 'invalid';
  const [id, count] = shard;
  if (typeof id !== 'number' || typeof count !== 'number' || !Number.isInteger(id) || !Number.isInteger(count)) return 'invalid';
  return id >= 0 && id < count ? [id, count] : 'invalid';
}
