import type { RawData, WebSocket } from 'ws';
import type { GatewaySession, SessionLink } from './gateway-session.ts';
import { isRecord } from './json.ts';

/** What a connection asks of the gateway; a number is the code to close with. */
export interface ConnectionHost {
  readonly heartbeatIntervalMs: number;
  /** Calls `run` in so many milliseconds unless cancelled by what it returns. */
  after(ms: number, run: () => void): () => void;
  /** True while the gateway plays dead: nothing is sent, not even an ACK. */
  isMuted(): boolean;
  identify(data: Record<string, unknown>): GatewaySession | CloseCode | 'invalid-session';
  /** Called once the session is attached. */
  welcome(session: GatewaySession): void;
  resume(data: Record<string, unknown>): { readonly session: GatewaySession; readonly sequence: number } | CloseCode | 'invalid-session';
  /** The client said goodbye with 1000 or 1001. */
  end(session: GatewaySession): void;
  gone(connection: GatewayConnection): void;
}

export type CloseCode = keyof typeof closeReasons;

/** Source: API reference, "Gateway Close Event Codes". */
const closeReasons = {
  4000: 'Unknown error.',
  4001: 'Unknown opcode.',
  4002: 'Error while decoding payload.',
  4003: 'Not authenticated.',
  4004: 'Authentication failed.',
  4005: 'Already authenticated.',
  4007: 'Invalid sequence.',
  4008: 'Rate limited.',
  4009: 'Session timed out.',
  4010: 'Invalid shard.',
  4012: 'Invalid API version.',
  4013: 'Invalid intents.',
  4014: 'Disallowed intents.',
} as const;

/** Longest payload that a client may send, bytes. Source: API reference, "Sending Events". */
const maxPayload = 4096;
/** Payloads that a client may send. Source: API reference, "Rate Limiting" of the gateway. */
const sendLimit = { payloads: 120, windowMs: 60_000 };
/** Presence, voice state, guild members, soundboard sounds and channel info: taken and not acted upon. */
const ignoredOpcodes: ReadonlySet<unknown> = new Set([3, 4, 8, 31, 43]);

/** One WebSocket of the gateway, from HELLO to close. */
export class GatewayConnection implements SessionLink {
  readonly #socket: WebSocket;
  readonly #host: ConnectionHost;
  #session: GatewaySession | undefined;
  #forgetDeadline: (() => void) | undefined;
  #window = { endsAt: 0, payloads: 0 };
  /** True once this side ended it: then the close code says nothing about what the client wants. */
  #ended = false;

  constructor(socket: WebSocket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('close', (code) => this.#closed(code));
    socket.on('error', () => socket.terminate());
    this.#expectHeartbeat();
    this.#write({ op: 10, d: { heartbeat_interval: host.heartbeatIntervalMs, _trace: ['["simulated-gateway"]'] } });
  }

  send(text: string): void {
    if (this.#host.isMuted() || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(text);
  }

  /** Another connection resumed the session. */
  replace(): void {
    this.#session = undefined;
    this.close(4000);
  }

  close(code: number): void {
    this.#ended = true;
    this.#socket.close(code, code in closeReasons ? closeReasons[asKnown(code)] : '');
  }

  /** Without a close frame, as when a network fails. */
  drop(): void {
    this.#ended = true;
    this.#socket.terminate();
  }

  requestReconnect(): void {
    this.#write({ op: 7, d: null });
  }

  requestHeartbeat(): void {
    this.#write({ op: 1, d: null });
  }

  /** Ends the session with op 9; the client may identify anew on this connection. */
  invalidate(resumable: boolean): void {
    if (!resumable) this.#session = undefined;
    this.#write({ op: 9, d: resumable });
  }

  #receive(raw: RawData, isBinary: boolean): void {
    if (this.#ended) return;
    if (this.#isFlooding()) return this.close(4008);
    const payload = isBinary ? undefined : parse(raw);
    if (payload === undefined) return this.close(4002);
    const { op, d } = payload;
    if (op === 1) return this.#heartbeat(d);
    if (op === 2) return this.#identify(d);
    if (op === 6) return this.#resume(d);
    if (!ignoredOpcodes.has(op)) return this.close(4001);
    if (this.#session === undefined) this.close(4003);
  }

  #heartbeat(sequence: unknown): void {
    if (typeof sequence === 'number' && this.#session !== undefined)
      this.#session.acknowledged = Math.max(this.#session.acknowledged, sequence);
    this.#expectHeartbeat();
    this.#write({ op: 11 });
  }

  #identify(data: unknown): void {
    if (this.#session !== undefined) return this.close(4005);
    if (!isRecord(data)) return this.close(4002);
    const outcome = this.#host.identify(data);
    if (outcome === 'invalid-session') return this.#write({ op: 9, d: false });
    if (typeof outcome === 'number') return this.close(outcome);
    this.#session = outcome;
    outcome.attach(this);
    this.#host.welcome(outcome);
  }

  #resume(data: unknown): void {
    if (this.#session !== undefined) return this.close(4005);
    if (!isRecord(data)) return this.close(4002);
    const outcome = this.#host.resume(data);
    if (outcome === 'invalid-session') return this.#write({ op: 9, d: false });
    if (typeof outcome === 'number') return this.close(outcome);
    const { session, sequence } = outcome;
    this.#session = session;
    session.attach(this);
    session.resumes += 1;
    session.acknowledged = Math.max(session.acknowledged, sequence);
    session.replay(sequence);
    session.dispatch('RESUMED', '{"_trace":["[\\"simulated-gateway\\"]"]}');
  }

  #isFlooding(): boolean {
    const now = Date.now();
    if (now >= this.#window.endsAt) this.#window = { endsAt: now + sendLimit.windowMs, payloads: 0 };
    this.#window.payloads += 1;
    return this.#window.payloads > sendLimit.payloads;
  }

  /** A client that misses one and a half intervals is taken for dead; its session can be resumed. */
  #expectHeartbeat(): void {
    this.#forgetDeadline?.();
    this.#forgetDeadline = this.#host.after(this.#host.heartbeatIntervalMs * 1.5, () => this.close(4000));
  }

  #closed(code: number): void {
    this.#forgetDeadline?.();
    this.#session?.detach();
    if (this.#session !== undefined && !this.#ended && (code === 1000 || code === 1001)) this.#host.end(this.#session);
    this.#session = undefined;
    this.#host.gone(this);
  }

  #write(payload: object): void {
    this.send(JSON.stringify({ t: null, s: null, ...payload }));
  }
}

function asKnown(code: number): CloseCode {
  const known = Object.keys(closeReasons)
    .map(Number)
    .find((one): one is CloseCode => one === code);
  return known ?? 4000;
}

function parse(raw: RawData): { readonly op: unknown; readonly d: unknown } | undefined {
  const bytes = Buffer.isBuffer(raw) ? raw : Buffer.concat(Array.isArray(raw) ? raw : [Buffer.from(raw)]);
  if (bytes.length > maxPayload) return undefined;
  try {
    const payload: unknown = JSON.parse(bytes.toString());
    return isRecord(payload) ? { op: payload['op'], d: payload['d'] } : undefined;
  } catch {
    return undefined;
  }
}
