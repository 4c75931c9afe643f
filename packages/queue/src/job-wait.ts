import type { RedisQueueBackend } from 'bullmq';

type Wait = RedisQueueBackend['waitForJob'];
type Marker = NonNullable<Awaited<ReturnType<Wait>>>;

/** How a worker waits by BullMQ's own means, and what else it waits for. */
export interface JobWaitOptions {
  /** Waits in Redis, so many seconds. */
  readonly inRedis: Wait;
  /** Takes a job that was given to the worker; false when there is none. */
  readonly take: () => boolean;
  /** Puts a marker back that nobody here waits for any more, for whoever does. */
  readonly putBack: (marker: Marker) => Promise<unknown>;
}

/** What the wait in Redis came to. */
type Heard = { readonly marker: Marker | null } | { readonly error: unknown };

const look: Marker = { member: '0', score: 0 };
const never = Number.POSITIVE_INFINITY;

/**
 * Waits for whatever makes a worker look for a job: Redis' marker, a job that is given to it here, or the time of a delayed one. Where
 * something else comes first, the wait in Redis goes on, and is the next one's.
 */
export class JobWait {
  readonly #options: JobWaitOptions;
  #listening = false;
  #heard: Heard | undefined;
  #wake: (() => void) | undefined;
  /** Unix milliseconds. */
  #delayedUntil = never;

  constructor(options: JobWaitOptions) {
    this.#options = options;
  }

  /** Whether the worker waits at this moment. */
  get waits(): boolean {
    return this.#wake !== undefined;
  }

  wake(): void {
    this.#wake?.();
  }

  /**
   * A delayed job is due then (Unix milliseconds). BullMQ's worker remembers that only until it has another job, and the marker
   * that said so is gone.
   */
  delayedUntil(time: number): void {
    this.#delayedUntil = Math.min(this.#delayedUntil, time);
  }

  /** As BullMQ's `waitForJob`. */
  async wait(seconds: number): ReturnType<Wait> {
    const leftMs = this.#delayedUntil - Date.now();
    if (leftMs <= 0) {
      this.#delayedUntil = never;
      return look;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(seconds * 1_000, leftMs));
    this.#wake = resolve;
    this.#listen(seconds);
    const given = this.#options.take() || (await promise, this.#options.take());
    clearTimeout(timer);
    this.#wake = undefined;
    const heard = this.#heard;
    this.#heard = undefined;
    if (heard === undefined) return look;
    if (given) return this.#unheard(heard);
    if ('error' in heard) throw heard.error;
    if (heard.marker !== null && heard.marker.score > 0) this.delayedUntil(heard.marker.score);
    return heard.marker;
  }

  #listen(seconds: number): void {
    if (this.#listening) return;
    this.#listening = true;
    const listening: Promise<Heard> = this.#options.inRedis(seconds).then(
      (marker) => ({ marker }),
      (error: unknown) => ({ error }),
    );
    void listening.then((heard) => {
      this.#listening = false;
      if (!this.waits) return this.#unheard(heard);
      this.#heard = heard;
      return this.wake();
    });
  }

  /** Told to nobody, a marker would be lost: the others would not look for the job that it is about. */
  #unheard(heard: Heard): Marker {
    if ('marker' in heard && heard.marker !== null) this.#options.putBack(heard.marker).catch(() => undefined);
    return look;
  }
}
