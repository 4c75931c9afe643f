import { createPoster, type PostOutcome } from '../shared/poster.ts';
import { seededRandom } from '../shared/random.ts';

/** A webhook as one would set it up in the dashboard. */
export interface CometChatWebhook {
  readonly url: string;
  /** With `password`, HTTP Basic. */
  readonly username?: string;
  readonly password?: string;
  /** Two retries, after 10 s and after 30 s; false where absent. */
  readonly retryOnFailure?: boolean;
  /** Triggers that are ticked; those about messages and moderation where absent, not those about members. */
  readonly triggers?: readonly string[];
  /** The webhook's id; `bridge` where absent. */
  readonly id?: string;
}

/** One attempt to deliver a webhook. */
export interface CometChatWebhookAttempt {
  /** Unix milliseconds, when it began. */
  readonly at: number;
  readonly trigger: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Absent where no answer came in time; `error` then says why. */
  readonly status?: number;
  readonly error?: string;
  readonly latencyMs: number;
}

/** Sends webhooks. */
export interface Dispatcher {
  /**
   * Resolves when the first attempt is over. Webhooks of a lane go out one after the other, unless shuffled. Without
   * a webhook, or with its trigger not ticked, nothing is sent.
   */
  send(hook: {
    readonly lane: string;
    readonly body: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string>>;
  }): Promise<void>;
  webhook: CometChatWebhook | undefined;
  close(): void;
}

/** How to dispatch. */
export interface DispatchOptions {
  /** Factor on the waits before retries. */
  readonly timeScale: number;
  readonly timeoutMs: number;
  /** A seed: webhooks then go out each after a delay of its own, so in any order. */
  readonly shuffle?: number;
  log(attempt: CometChatWebhookAttempt): void;
}

const retryDelaysMs = [10_000, 30_000];
/** Longest delay of a shuffled webhook. */
const shuffleMs = 60;
const maxConnections = 64;

/** No webhook is set at the start. */
export function createDispatcher(options: DispatchOptions): Dispatcher {
  const poster = createPoster(maxConnections);
  const random = seededRandom(options.shuffle ?? 0);
  const lanes = new Map<string, Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;
  const later = (delayMs: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, delayMs);
    timers.add(timer);
  };
  const attempt = async (call: Call, number: number): Promise<void> => {
    if (closed) return;
    const at = Date.now();
    const outcome = await poster.post({ url: call.webhook.url, headers: call.headers, body: call.body, timeoutMs: options.timeoutMs });
    if (closed) return;
    options.log({ at, trigger: call.trigger, attempt: number, ...result(outcome), latencyMs: outcome.latencyMs });
    const delayMs = retryDelaysMs[number - 1];
    const failed = !outcome.ok || outcome.status < 200 || outcome.status > 299;
    if (failed && call.webhook.retryOnFailure === true && delayMs !== undefined) {
      later(delayMs * options.timeScale, () => void attempt(call, number + 1));
    }
  };
  const inLane = (lane: string, act: () => Promise<void>): Promise<void> => {
    const run = (lanes.get(lane) ?? Promise.resolve()).then(act);
    lanes.set(lane, run);
    return run.finally(() => {
      if (lanes.get(lane) === run) lanes.delete(lane);
    });
  };
  let target: Target | undefined;
  return {
    get webhook() {
      return target?.webhook;
    },
    set webhook(webhook) {
      target = webhook && { webhook, headers: headersFor(webhook) };
    },
    send({ lane, body, headers = {} }) {
      const trigger = String(body['trigger']);
      if (!target || !isTicked(target.webhook, trigger)) return Promise.resolve();
      const call: Call = { webhook: target.webhook, trigger, body: JSON.stringify(body), headers: { ...target.headers, ...headers } };
      if (options.shuffle === undefined) return inLane(lane, () => attempt(call, 1));
      return new Promise((resolve) => later(random() * shuffleMs, () => void attempt(call, 1).then(resolve)));
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      poster.close();
    },
  };
}

const isTicked = ({ triggers }: CometChatWebhook, trigger: string): boolean => triggers?.includes(trigger) ?? !trigger.startsWith('group_');

interface Target {
  readonly webhook: CometChatWebhook;
  /** The same for each call. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Call extends Target {
  readonly trigger: string;
  readonly body: string;
}

/** The capital A is as seen live. */
function headersFor({ username, password }: CometChatWebhook): Record<string, string> {
  const basic = username === undefined || password === undefined ? undefined : Buffer.from(`${username}:${password}`).toString('base64');
  return {
    'Content-Type': 'Application/json',
    Accept: 'application/json',
    ...(basic === undefined ? {} : { Authorization: `Basic ${basic}` }),
  };
}

const result = (outcome: PostOutcome): { status: number } | { error: string } =>
  outcome.ok ? { status: outcome.status } : { error: outcome.error };
