import { setTimeout as sleep } from 'node:timers/promises';
import type { RawEvent } from '@bridge/core';

/** Where events go, and how patiently. */
export interface RelayOptions {
  emit(event: RawEvent): Promise<void>;
  /** Told once per outage, with the delay until the next try. */
  failed(error: unknown, delayMs: number): void;
  readonly signal: AbortSignal;
  /** Events being emitted at a time, over all conversations. */
  readonly maxInFlight?: number;
  /** First delay after a refusal; it doubles up to `maxDelayMs`. */
  readonly minDelayMs?: number;
  readonly maxDelayMs?: number;
}

interface Item {
  readonly task: () => Promise<void>;
  readonly done: () => void;
}

/**
 * Hands events on so that those of one conversation keep their order and no conversation waits for another. What is refused
 * (Redis is away) is offered again, in order, until it is taken or the signal aborts.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #queues = new Map<string, Item[]>();
  readonly #ready: string[] = [];
  readonly #waiting: { readonly below: number; readonly resolve: () => void }[] = [];
  #inFlight = 0;
  #pending = 0;
  #paused = false;
  #refusals = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Events taken and not yet emitted. */
  get pending(): number {
    return this.#pending;
  }

  /** `done` is called once the event is safe. Order is kept within `key`. */
  push(event: RawEvent, done: () => void, key: string = event.conversation): void {
    this.run(key, { task: async () => this.#options.emit(event), done });
  }

  /** The same for whatever else has its place in the order. A task that throws is run again. */
  run(key: string, item: Item): void {
    this.#pending += 1;
    const queue = this.#queues.get(key);
    if (queue === undefined) {
      this.#queues.set(key, [item]);
      this.#ready.push(key);
    } else {
      queue.push(item);
    }
    this.#pump();
  }

  /** Resolves when fewer than `count` events are pending. */
  async below(count: number): Promise<void> {
    if (this.#pending < count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ below: count, resolve }));
  }

  /** Resolves when nothing is being emitted; with an aborted signal nothing more will be. */
  async settled(withinMs: number): Promise<void> {
    const until = Date.now() + withinMs;
    while (this.#inFlight > 0 && Date.now() < until) await sleep(10);
  }

  #pump(): void {
    const max = this.#options.maxInFlight ?? 100;
    while (!this.#paused && !this.#options.signal.aborted && this.#inFlight < max) {
      const conversation = this.#ready.shift();
      if (conversation === undefined) return;
      void this.#head(conversation);
    }
  }

  /** Emits the head of a conversation; never rejects. */
  async #head(conversation: string): Promise<void> {
    const queue = this.#queues.get(conversation);
    const item = queue?.[0];
    if (queue === undefined || item === undefined) return;
    this.#inFlight += 1;
    try {
      await item.task();
      this.#refusals = 0;
      queue.shift();
      this.#finish(item);
    } catch (error) {
      this.#pause(error);
    }
    this.#inFlight -= 1;
    if (queue.length > 0) this.#ready.push(conversation);
    else this.#queues.delete(conversation);
    this.#pump();
  }

  #finish(item: Item): void {
    this.#pending -= 1;
    item.done();
    for (const waiter of this.#waiting.splice(0)) {
      if (this.#pending < waiter.below) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }

  /** One conversation's refusal is everybody's: they all go to the same Redis. */
  #pause(error: unknown): void {
    if (this.#paused || this.#options.signal.aborted) return;
    const { minDelayMs = 250, maxDelayMs = 5_000, signal } = this.#options;
    const delayMs = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(this.#refusals, 10));
    this.#refusals += 1;
    this.#paused = true;
    this.#options.failed(error, delayMs);
    const resume = (): void => {
      this.#paused = false;
      this.#pump();
    };
    sleep(delayMs, undefined, { signal }).then(resume, resume);
  }
}
