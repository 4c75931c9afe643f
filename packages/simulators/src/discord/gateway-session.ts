import type { Dispatch } from './acts.ts';
import { isVisible } from './acts.ts';
import { intents as intent } from './intents.ts';

/** Where a session's payloads go while it is connected. */
export interface SessionLink {
  send(text: string): void;
  /** Ends it in favour of another connection. */
  replace(): void;
}

/** What a test sees of a session. */
export interface GatewaySessionView {
  readonly id: string;
  readonly connected: boolean;
  /** Of the last dispatch. */
  readonly sequence: number;
  readonly intents: number;
  /** How often it was resumed. */
  readonly resumes: number;
  /** Last sequence that the client told in a heartbeat or resume. */
  readonly acknowledged: number;
}

/** A session as a bot's stream of numbered events, which lives longer than a connection. */
export class GatewaySession implements GatewaySessionView {
  readonly id: string;
  readonly intents: number;
  readonly shard: readonly [number, number] | undefined;
  readonly #capacity: number;
  /** The last dispatches; that of sequence n is at `n - 1 - #first`. */
  #sent: string[] = [];
  #first = 0;
  #link: SessionLink | undefined;
  sequence = 0;
  acknowledged = 0;
  resumes = 0;
  /** When it lost its connection. */
  lostAt: number | undefined;

  constructor(
    id: string,
    options: { readonly intents: number; readonly shard: readonly [number, number] | undefined; readonly capacity: number },
  ) {
    this.id = id;
    this.intents = options.intents;
    this.shard = options.shard;
    this.#capacity = options.capacity;
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  attach(link: SessionLink): void {
    this.#link?.replace();
    this.#link = link;
    this.lostAt = undefined;
  }

  /** For the connection that has it; one that was replaced has forgotten the session. */
  detach(): void {
    this.#link = undefined;
    this.lostAt = Date.now();
  }

  /** Whether this session is sent such an event. */
  wants(dispatch: Dispatch): boolean {
    return (dispatch.intents === 0 || (this.intents & dispatch.intents) !== 0) && isVisible(dispatch.channel);
  }

  get readsContent(): boolean {
    return (this.intents & intent.messageContent) !== 0;
  }

  /** Numbers an event, keeps it for a resume, and sends it when connected. `data` is JSON text. */
  dispatch(event: string, data: string): void {
    this.sequence += 1;
    const text = `{"t":${JSON.stringify(event)},"s":${this.sequence},"op":0,"d":${data}}`;
    this.#sent.push(text);
    if (this.#sent.length >= 2 * this.#capacity) {
      this.#first += this.#sent.length - this.#capacity;
      this.#sent = this.#sent.slice(-this.#capacity);
    }
    this.#link?.send(text);
  }

  /** Whether all that came after `sequence` is still known. */
  canReplay(sequence: number): boolean {
    return sequence >= Math.max(this.#first, this.sequence - this.#capacity);
  }

  /** Sends what came after `sequence`, without the ends of earlier replays. */
  replay(sequence: number): void {
    for (const text of this.#sent.slice(Math.max(0, sequence - this.#first))) {
      if (!text.startsWith('{"t":"RESUMED"')) this.#link?.send(text);
    }
  }
}
