import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type DiscordSimulator, type DiscordSimulatorOptions, startDiscordSimulator } from '../discord/simulator.ts';

/** Whatever came as JSON. */
type Json = ReturnType<typeof JSON.parse>;

/** Answer of the REST API; `body` undefined where there is none. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Answers differ by route; tests look into them by matchers. */
  readonly body: Json;
}

/** What a call may have besides method and path. */
export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** False for calls without authorization. */
  readonly auth?: boolean;
}

/** A simulator and a client of it. */
export interface DiscordBench {
  readonly discord: DiscordSimulator;
  /** `GET /users/@me` and so on, below `/api/v10`. A body is sent as JSON, a FormData or Buffer as it is. */
  call(line: string, options?: CallOptions): Promise<ApiAnswer>;
  /** Posts as the bot and gives the message's id. */
  send(content: string): Promise<string>;
  close(): Promise<void>;
}

/** Ids of the guild of tests. */
export const ids = {
  bot: '1100000000000000001',
  room: '1200000000000000001',
  other: '1200000000000000002',
  thread: '1200000000000000003',
  locked: '1200000000000000004',
  kai: '1300000000000000001',
  mei: '1300000000000000002',
} as const;

/** The bot's token; its first part is the bot's id, as in a real one. */
export const token = `${Buffer.from(ids.bot).toString('base64url')}.test.secret`;

/** Kai and Mei in `community` (with an archived thread and a locked one) and `other`. */
export async function startDiscordBench(options: Partial<DiscordSimulatorOptions> = {}): Promise<DiscordBench> {
  const discord = await startDiscordSimulator({
    token,
    people: [
      { id: ids.kai, name: 'Kai' },
      { id: ids.mei, name: 'Mei Ling', username: 'mei' },
    ],
    rooms: [
      {
        id: ids.room,
        name: 'community',
        threads: [
          { id: ids.thread, name: 'side talk', archived: true },
          { id: ids.locked, name: 'closed', locked: true },
        ],
      },
      { id: ids.other, name: 'other' },
    ],
    ...options,
  });
  const call: DiscordBench['call'] = async (line, { body, headers = {}, auth = true } = {}) => {
    const [method = 'GET', path = '/'] = line.split(' ');
    const raw = body === undefined || body instanceof FormData || Buffer.isBuffer(body);
    const response = await fetch(`${discord.url}/v10${path}`, {
      method,
      headers: { ...(auth ? { authorization: `Bot ${token}` } : {}), ...(raw ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined
        ? {}
        : { body: body instanceof FormData ? body : Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  const send: DiscordBench['send'] = async (content) => (await call(`POST /channels/${ids.room}/messages`, { body: { content } })).body.id;
  return { discord, call, send, close: () => discord.close() };
}

/** A payload of the gateway. */
export interface GatewayPayload {
  readonly op: number;
  readonly t: string | null;
  readonly s: number | null;
  readonly d: Json;
}

/** A bare gateway client that keeps all it receives. */
export interface GatewayClient {
  readonly socket: WebSocket;
  readonly received: readonly GatewayPayload[];
  /** The close code, once it is closed. */
  readonly closed: Promise<number>;
  send(payload: object | string): void;
  identify(overrides?: object): void;
  resume(sessionId: string, seq: number): void;
  /** The first payload, received or to come, that fits; each is given once. */
  next(fits: (payload: GatewayPayload) => boolean): Promise<GatewayPayload>;
  /** The next dispatch of that name. */
  event(name: string): Promise<GatewayPayload>;
  /** The next payload of that opcode. */
  op(code: number): Promise<GatewayPayload>;
  /** Dispatches of these names so far, in order. */
  events(...names: readonly string[]): readonly GatewayPayload[];
}

/** Guilds, messages, reactions and message content. */
export const allIntents = 1 | 512 | 1024 | 32768;

/** Connects; `query` follows the URL. */
export async function connectGateway(discord: DiscordSimulator, query = '?v=10&encoding=json'): Promise<GatewayClient> {
  const socket = new WebSocket(`${discord.url.replace('http', 'ws').replace('/api', '')}/${query}`);
  const received: GatewayPayload[] = [];
  const given = new Set<GatewayPayload>();
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer) => {
    received.push(JSON.parse(data.toString()));
    for (const wake of waiting) wake();
  });
  const closed = new Promise<number>((resolve) => {
    socket.once('close', resolve);
  });
  await once(socket, 'open');
  const next: GatewayClient['next'] = (fits) =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = received.find((payload) => !given.has(payload) && fits(payload));
        if (found === undefined) return;
        given.add(found);
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const send = (payload: object | string): void => socket.send(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const properties = { os: 'linux', browser: 'test', device: 'test' };
  return {
    socket,
    received,
    closed,
    send,
    next,
    identify: (overrides = {}) => send({ op: 2, d: { token, intents: allIntents, properties, ...overrides } }),
    resume: (sessionId, seq) => send({ op: 6, d: { token, session_id: sessionId, seq } }),
    event: (name) => next((payload) => payload.op === 0 && payload.t === name),
    op: (code) => next((payload) => payload.op === code),
    events: (...names) => received.filter(({ t }) => t !== null && names.includes(t)),
  };
}
