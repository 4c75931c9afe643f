import { createPoster, type PostOutcome, type Poster } from '../shared/poster.ts';
import type { QueuedUpdate, UpdateQueue } from './updates.ts';

/** One attempt to deliver an update. */
export interface WebhookAttempt {
  /** Unix milliseconds, when it began. */
  readonly at: number;
  readonly updateId: number;
  /** 1 for the first. */
  readonly attempt: number;
  /** Absent where no answer came; `error` then says why. */
  readonly status?: number;
  readonly error?: string;
  readonly latencyMs: number;
}

/** What setWebhook settled. */
export interface WebhookConfig {
  readonly url: string;
  readonly secret: string;
  readonly maxConnections: number;
}

/** Delivers updates to a URL until stopped. */
export interface Webhook {
  readonly config: WebhookConfig;
  /** The newest failure, for getWebhookInfo; date in Unix seconds. */
  readonly lastError: { readonly date: number; readonly message: string } | undefined;
  stop(): void;
}

/** What a webhook needs of the simulator. */
export interface WebhookHost {
  readonly queue: UpdateQueue;
  /** Factor on every back-off and Retry-After. */
  readonly timeScale: number;
  readonly timeoutMs: number;
  log(attempt: WebhookAttempt): void;
  /** Carries out a call that came in the answer to an update. */
  execute(answer: string): void;
  /** 410 for 23 hours. */
  gone(): void;
}

interface Lane {
  readonly name: string;
  readonly updates: QueuedUpdate[];
  /** Of the update at the head. */
  failures: number;
  delayS: number;
}

const maxRetryAfterS = 3600;
const resendCapS = 60;
const goneMs = 23 * 3_600_000;

/**
 * One lane per chat: the next update goes out after the former was answered 2xx; lanes share the connections. A failed
 * update is sent again at once, then after 2, 4, 8 … s up to a random 60 to 120 s, or after the `Retry-After` of the answer.
 */
export function startWebhook(config: WebhookConfig, host: WebhookHost): Webhook {
  return new WebhookSender(config, host);
}

class WebhookSender implements Webhook {
  readonly config: WebhookConfig;
  lastError: Webhook['lastError'];
  readonly #host: WebhookHost;
  readonly #poster: Poster;
  readonly #lanes = new Map<string, Lane>();
  readonly #ready: Lane[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #underway = 0;
  #stopped = false;
  #goneSince: number | undefined;

  constructor(config: WebhookConfig, host: WebhookHost) {
    this.config = config;
    this.#host = host;
    this.#poster = createPoster(config.maxConnections);
    host.queue.onAdd = (update) => this.#accept(update);
    for (const update of host.queue.pending()) this.#accept(update);
  }

  stop(): void {
    this.#stopped = true;
    this.#host.queue.onAdd = undefined;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#poster.close();
  }

  #accept(update: QueuedUpdate): void {
    const lane = this.#lanes.get(update.lane);
    if (lane) return void lane.updates.push(update);
    const fresh: Lane = { name: update.lane, updates: [update], failures: 0, delayS: 1 };
    this.#lanes.set(update.lane, fresh);
    this.#makeReady(fresh);
  }

  #makeReady(lane: Lane): void {
    this.#ready.push(lane);
    this.#pump();
  }

  #pump(): void {
    while (!this.#stopped && this.#underway < this.config.maxConnections) {
      const lane = this.#ready.shift();
      if (!lane) return;
      this.#underway += 1;
      // Nothing in it rejects: the poster turns every trouble into an outcome.
      void this.#send(lane).finally(() => {
        this.#underway -= 1;
        this.#pump();
      });
    }
  }

  async #send(lane: Lane): Promise<void> {
    const update = lane.updates[0];
    if (!update) return;
    const at = Date.now();
    const outcome = await deliver(this.#poster, { config: this.config, update, timeoutMs: this.#host.timeoutMs });
    if (this.#stopped) return;
    this.#host.log({ at, updateId: update.id, attempt: lane.failures + 1, ...result(outcome), latencyMs: outcome.latencyMs });
    this.#settle(lane, update, outcome);
  }

  #settle(lane: Lane, update: QueuedUpdate, outcome: PostOutcome): void {
    if (outcome.ok) this.#noteGone(outcome.status);
    if (outcome.ok && outcome.status >= 200 && outcome.status <= 299) {
      if (outcome.body !== '') this.#host.execute(outcome.body);
      return this.#advance(lane);
    }
    const message = outcome.ok ? `Wrong response from the webhook: ${outcome.status}` : outcome.error;
    this.lastError = { date: Math.floor(Date.now() / 1000), message };
    const delayMs = resendDelay(lane, outcome) * 1000 * this.#host.timeScale;
    if (Date.now() + delayMs > update.expiresAt) return this.#advance(lane);
    lane.failures += 1;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#makeReady(lane);
    }, delayMs);
    this.#timers.add(timer);
  }

  #advance(lane: Lane): void {
    const done = lane.updates.shift();
    if (done) this.#host.queue.forget(done.id);
    lane.failures = 0;
    lane.delayS = 1;
    if (lane.updates.length === 0) this.#lanes.delete(lane.name);
    else this.#ready.push(lane);
  }

  #noteGone(status: number): void {
    this.#goneSince = status === 410 ? (this.#goneSince ?? Date.now()) : undefined;
    if (this.#goneSince !== undefined && Date.now() - this.#goneSince > goneMs * this.#host.timeScale) this.#host.gone();
  }
}

function deliver(
  poster: Poster,
  call: { readonly config: WebhookConfig; readonly update: QueuedUpdate; readonly timeoutMs: number },
): Promise<PostOutcome> {
  const { url, secret } = call.config;
  const headers = {
    ...(secret === '' ? {} : { 'X-Telegram-Bot-Api-Secret-Token': secret }),
    'Content-Type': 'application/json',
    Connection: 'keep-alive',
    'Accept-Encoding': 'gzip, deflate',
  };
  return poster.post({ url, headers, body: JSON.stringify(call.update.body), timeoutMs: call.timeoutMs });
}

function resendDelay(lane: Lane, outcome: PostOutcome): number {
  const asked = outcome.ok ? Number.parseInt(outcome.headers['retry-after'] ?? '', 10) : 0;
  if (asked > 0) return Math.min(asked, maxRetryAfterS);
  if (lane.failures === 0) return 0;
  lane.delayS = Math.min(resendCapS * (1 + Math.random()), lane.delayS * 2);
  return lane.delayS;
}

const result = (outcome: PostOutcome): { status: number } | { error: string } =>
  outcome.ok ? { status: outcome.status } : { error: outcome.error };
