import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { intentFor, intents, withoutContent } from './intents.ts';

/** One payload of the gateway protocol. */
export interface Payload {
  readonly op: number;
  readonly d: unknown;
  readonly s?: number;
  readonly t?: string;
}

const replayed = 5_000;

/** A gateway session: it outlives its connections, keeps what it dispatched, and replays it to the next one. */
export class Session {
  readonly id: string = randomBytes(16).toString('hex');
  readonly #intents: number;
  readonly #botId: string;
  readonly #sent: Payload[] = [];
  #socket: WebSocket | undefined;
  #sequence = 0;

  constructor(options: { readonly intents: number; readonly botId: string }) {
    this.#intents = options.intents;
    this.#botId = options.botId;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  attach(socket: WebSocket): void {
    this.#socket = socket;
  }

  /** The connection is gone; the session waits for a RESUME. */
  detach(socket: WebSocket): void {
    if (this.#socket === socket) this.#socket = undefined;
  }

  /** Sends an event if the session's intents cover it, and keeps it for a RESUME. */
  dispatch(event: string, data: Readonly<Record<string, unknown>>): void {
    const needed = intentFor(event);
    if (needed !== 0 && (this.#intents & needed) === 0) return;
    const hidden = event.startsWith('MESSAGE_') && (this.#intents & intents.messageContent) === 0;
    this.#sequence += 1;
    const payload: Payload = { op: 0, t: event, s: this.#sequence, d: hidden ? withoutContent(data, this.#botId) : data };
    this.#sent.push(payload);
    if (this.#sent.length > replayed) this.#sent.shift();
    this.#socket?.send(JSON.stringify(payload));
  }

  /** What came after `sequence`, again; false when that is no longer known. */
  replay(sequence: number): boolean {
    const oldest = this.#sent[0]?.s ?? this.#sequence + 1;
    if (sequence > this.#sequence || sequence < oldest - 1) return false;
    for (const payload of this.#sent) if ((payload.s ?? 0) > sequence) this.#socket?.send(JSON.stringify(payload));
    return true;
  }
}
