import type { IncomingMessage, Server } from 'node:http';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { asForm, type Form } from './form.ts';
import { privilegedIntents } from './intents.ts';
import { gatewayUrl, guildOf } from './rest-reads.ts';
import { type Payload, Session } from './session.ts';
import type { World } from './world.ts';

export interface GatewayOptions {
  readonly world: World;
  readonly token: string;
  readonly baseUrl: () => string;
  readonly heartbeatMs: number;
  /** Privileged intents that are switched on for the application; all of them where absent. */
  readonly allowedIntents?: number;
}

/** The gateway, and what tests do to it. */
export interface Gateway {
  /** Sessions that exist, connected or waiting to be resumed. */
  readonly sessions: readonly Session[];
  /** How many IDENTIFYs and RESUMEs there were. */
  readonly identified: number;
  readonly resumed: number;
  dispatch(event: string, data: Readonly<Record<string, unknown>>): void;
  /** Ends every connection: without a close frame, or with this close code. Sessions stay. */
  dropAll(code?: number): void;
  /** Op 7: asks clients to reconnect and resume. */
  requestReconnect(): void;
  /** Forgets all sessions, so that every RESUME is answered with op 9. */
  forgetSessions(): void;
  attach(server: Server): void;
  close(): void;
}

interface State {
  readonly options: GatewayOptions;
  readonly sessions: Map<string, Session>;
  readonly sockets: Set<WebSocket>;
  identified: number;
  resumed: number;
}

export function createGateway(options: GatewayOptions): Gateway {
  const state: State = { options, sessions: new Map(), sockets: new Set(), identified: 0, resumed: 0 };
  const server = new WebSocketServer({ noServer: true });
  server.on('connection', (socket) => welcome(state, socket));
  return {
    get sessions() {
      return [...state.sessions.values()];
    },
    get identified() {
      return state.identified;
    },
    get resumed() {
      return state.resumed;
    },
    dispatch: (event, data) => {
      for (const session of state.sessions.values()) session.dispatch(event, data);
    },
    dropAll: (code) => {
      for (const socket of state.sockets) code === undefined ? socket.terminate() : socket.close(code);
    },
    requestReconnect: () => {
      for (const socket of state.sockets) send(socket, { op: 7, d: null });
    },
    forgetSessions: () => state.sessions.clear(),
    attach: (http) => {
      http.on('upgrade', (request: IncomingMessage, socket, head) => {
        if (request.url?.startsWith('/gateway')) server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
        else socket.destroy();
      });
    },
    close: () => {
      for (const socket of state.sockets) socket.terminate();
      server.close();
    },
  };
}

const send = (socket: WebSocket, payload: Payload): void => socket.send(JSON.stringify({ s: null, t: null, ...payload }));

/** A connection's own state. */
interface Connection {
  readonly socket: WebSocket;
  session: Session | undefined;
  lastBeat: number;
}

function welcome(state: State, socket: WebSocket): void {
  const { heartbeatMs } = state.options;
  const connection: Connection = { socket, session: undefined, lastBeat: Date.now() };
  state.sockets.add(socket);
  send(socket, { op: 10, d: { heartbeat_interval: heartbeatMs, _trace: [] } });
  const watch = setInterval(() => {
    if (Date.now() - connection.lastBeat > heartbeatMs * 1.5) socket.close(4009);
  }, heartbeatMs / 2);
  socket.on('message', (data) => receive(state, connection, data));
  socket.on('error', () => socket.terminate());
  socket.on('close', (code) => {
    clearInterval(watch);
    state.sockets.delete(socket);
    connection.session?.detach(socket);
    // A client that says goodbye with 1000 or 1001 gives its session up; any other end keeps it.
    if ((code === 1000 || code === 1001) && connection.session) state.sessions.delete(connection.session.id);
  });
}

function receive(state: State, connection: Connection, data: RawData): void {
  const payload = parse(data);
  if (!payload) return connection.socket.close(4002);
  switch (payload['op']) {
    case 1:
      connection.lastBeat = Date.now();
      return send(connection.socket, { op: 11, d: null });
    case 2:
      return identify(state, connection, asForm(payload['d']));
    case 6:
      return resume(state, connection, asForm(payload['d']));
    case 3:
    case 4:
    case 8:
      return undefined;
    default:
      return connection.socket.close(4001);
  }
}

function parse(data: RawData): Form | undefined {
  try {
    return asForm(JSON.parse(String(data)));
  } catch {
    return undefined;
  }
}

function identify(state: State, connection: Connection, form: Form): void {
  const { options } = state;
  const { world } = options;
  if (connection.session) return connection.socket.close(4005);
  if (form['token'] !== options.token) return connection.socket.close(4004);
  const wanted = form['intents'];
  if (typeof wanted !== 'number' || !Number.isInteger(wanted) || wanted < 0) return connection.socket.close(4013);
  if ((wanted & privilegedIntents & ~(options.allowedIntents ?? privilegedIntents)) !== 0) return connection.socket.close(4014);
  const session = new Session({ intents: wanted, botId: world.bot.id });
  state.identified += 1;
  state.sessions.set(session.id, session);
  connection.session = session;
  session.attach(connection.socket);
  session.dispatch('READY', {
    v: 10, user: world.bot, guilds: [{ id: world.guildId, unavailable: true }], session_id: session.id, session_type: 'normal', shard: [0, 1],
    resume_gateway_url: gatewayUrl(options.baseUrl()), application: { id: world.applicationId, flags: 1 << 18 },
  });
  session.dispatch('GUILD_CREATE', {
    ...guildOf(world), unavailable: false, member_count: world.people.size + 1, joined_at: new Date(0).toISOString(), large: false,
    channels: [...world.channels.values()].filter((channel) => channel.type === 0),
    threads: [...world.channels.values()].filter((channel) => channel.type !== 0),
    members: [], presences: [], voice_states: [],
  });
}

function resume(state: State, connection: Connection, form: Form): void {
  const { token, session_id: id, seq } = form;
  if (token !== state.options.token) return connection.socket.close(4004);
  const session = typeof id === 'string' ? state.sessions.get(id) : undefined;
  if (!session || typeof seq !== 'number') return send(connection.socket, { op: 9, d: false });
  if (seq > session.sequence) return connection.socket.close(4007);
  session.attach(connection.socket);
  connection.session = session;
  if (!session.replay(seq)) {
    state.sessions.delete(session.id);
    connection.session = undefined;
    return send(connection.socket, { op: 9, d: false });
  }
  state.resumed += 1;
  session.dispatch('RESUMED', { _trace: [] });
}
