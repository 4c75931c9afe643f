import { ApiError } from './api-error.ts';

/** An update that waits to be taken. */
export interface QueuedUpdate {
  readonly id: number;
  /** Updates of one lane go out one after the other. */
  readonly lane: string;
  /** Unix milliseconds; Telegram forgets an update 24 h after its message. */
  readonly expiresAt: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Kinds that come without being asked for: all but these three. */
const onRequestOnly = new Set(['chat_member', 'message_reaction', 'message_reaction_count']);
const dayMs = 86_400_000;

/** As of getUpdates, with the timeout in milliseconds. */
export interface PollOptions {
  readonly offset: number;
  readonly limit: number;
  readonly timeoutMs: number;
}

/** The bot's updates, and who waits for them. */
export interface UpdateQueue {
  /** Queues an update of a kind unless the kind is not wanted. */
  add(update: { readonly lane: string; readonly kind: string; readonly payload: unknown }): void;
  /** Queues an update as it is; `update_id` is given by the queue where it has none. */
  inject(update: Readonly<Record<string, unknown>>): number;
  /** As named in setWebhook or getUpdates; undefined: the default kinds. */
  allowed: readonly string[] | undefined;
  readonly size: number;
  pending(): Iterable<QueuedUpdate>;
  forget(id: number): void;
  clear(): void;
  /** Long poll. Answers at once when there is something; a second poll ends the first with 409. */
  poll(options: PollOptions): Promise<readonly QueuedUpdate[]>;
  /** Ends a waiting poll with 409. */
  endPoll(description: string): void;
  /** Set by the webhook while there is one; it is then told of every new update. */
  onAdd: ((update: QueuedUpdate) => void) | undefined;
}

interface Waiting {
  readonly answer: () => void;
  readonly fail: (error: ApiError) => void;
}

const otherPoll = 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running';

/** An empty queue whose first update has the id `firstId`. */
export function createUpdateQueue(firstId: number): UpdateQueue {
  return new Queue(firstId);
}

class Queue implements UpdateQueue {
  allowed: readonly string[] | undefined;
  onAdd: ((update: QueuedUpdate) => void) | undefined;
  readonly #updates = new Map<number, QueuedUpdate>();
  #nextId: number;
  #waiting: Waiting | undefined;

  constructor(firstId: number) {
    this.#nextId = firstId;
  }

  get size(): number {
    return this.#updates.size;
  }

  add({ lane, kind, payload }: { readonly lane: string; readonly kind: string; readonly payload: unknown }): void {
    if (this.allowed ? !this.allowed.includes(kind) : onRequestOnly.has(kind)) return;
    const id = this.#nextId;
    this.#put({ id, lane, expiresAt: Date.now() + dayMs, body: { update_id: id, [kind]: payload } });
  }

  inject(update: Readonly<Record<string, unknown>>): number {
    const id = typeof update['update_id'] === 'number' ? update['update_id'] : this.#nextId;
    this.#put({ id, lane: `injected:${id}`, expiresAt: Date.now() + dayMs, body: { update_id: id, ...update } });
    return id;
  }

  pending(): Iterable<QueuedUpdate> {
    return this.#updates.values();
  }

  forget(id: number): void {
    this.#updates.delete(id);
  }

  clear(): void {
    this.#updates.clear();
  }

  poll({ offset, limit, timeoutMs }: PollOptions): Promise<readonly QueuedUpdate[]> {
    const found = this.#first(offset, limit);
    if (found.length > 0 || timeoutMs <= 0) return Promise.resolve(found);
    this.endPoll(otherPoll);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        if (this.#waiting === waiting) this.#waiting = undefined;
      };
      const waiting: Waiting = {
        answer: () => {
          leave();
          resolve(this.#first(Math.max(offset, 0), limit));
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      const timer = setTimeout(waiting.answer, timeoutMs);
      this.#waiting = waiting;
    });
  }

  endPoll(description: string): void {
    this.#waiting?.fail(new ApiError(409, description));
  }

  #put(update: QueuedUpdate): void {
    this.#updates.set(update.id, update);
    this.#nextId = Math.max(this.#nextId, update.id + 1);
    if (this.onAdd) this.onAdd(update);
    else this.#waiting?.answer();
  }

  /** Forgets what is before the offset; a negative one counts from the end. */
  #first(offset: number, limit: number): QueuedUpdate[] {
    if (offset < 0) for (const id of [...this.#updates.keys()].slice(0, offset)) this.#updates.delete(id);
    for (const id of this.#updates.keys()) {
      if (id >= offset) break;
      this.#updates.delete(id);
    }
    const found: QueuedUpdate[] = [];
    for (const update of this.#updates.values()) {
      if (found.length >= limit) break;
      found.push(update);
    }
    return found;
  }
}
