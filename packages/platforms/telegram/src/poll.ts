import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryFailure, Log, StreamContext, StreamSource } from '@bridge/core';
import type { Client } from './api.ts';
import { toDeliveryError } from './failures.ts';
import { allowedUpdates } from './payload.ts';
import { receiveUpdate } from './source.ts';

/** Times of polling; the defaults are for the real Telegram. */
export interface PollOptions {
  /** Seconds that Telegram holds a poll open when there is nothing to tell. */
  readonly waitSeconds?: number;
  /** Milliseconds before the first retry; doubled each time, up to `maxBackoffMs`. */
  readonly backoffMs?: number;
  readonly maxBackoffMs?: number;
}

const conflict = 'Another program reads this bot’s messages, or a webhook is set. Stop it, or give the bridge a bot of its own.';

/** What has to be waited for, in milliseconds, and what a person should know. */
interface Trouble {
  readonly detail: string;
  readonly waitMs?: number;
  /** Only a person can mend it. */
  readonly fatal: boolean;
}

function troubleOf(status: number | undefined, failure: DeliveryFailure, message: string): Trouble {
  if (status === 409) return { detail: conflict, fatal: true };
  if (failure.kind === 'rate-limited') return { detail: message, waitMs: failure.retryAfterMs, fatal: false };
  return { detail: message, fatal: failure.kind === 'unauthorised' };
}

class Poller {
  private readonly client: Client;
  private readonly context: StreamContext;
  private readonly options: Required<PollOptions>;
  private readonly log: Log;
  private offset: number | undefined;
  private failures = 0;

  constructor(client: Client, context: StreamContext, how: { readonly options: Required<PollOptions>; readonly log: Log }) {
    this.client = client;
    this.context = context;
    this.options = how.options;
    this.log = how.log;
  }

  async run(): Promise<void> {
    const { signal, status } = this.context;
    status({ state: 'connecting' });
    await this.untilDone(() => this.prepare());
    // The first poll may be held open for long; that the API answered is known by now.
    if (!signal.aborted) status({ state: 'connected' });
    while (!signal.aborted) await this.untilDone(() => this.poll());
    status({ state: 'disconnected' });
  }

  /** Repeats a step, waiting longer each time, until it succeeds or the process stops. */
  private async untilDone(step: () => Promise<void>): Promise<void> {
    const { signal } = this.context;
    while (!signal.aborted) {
      try {
        await step();
        this.failures = 0;
        return;
      } catch (error) {
        if (!signal.aborted) await this.wait(error);
      }
    }
  }

  private async wait(error: unknown): Promise<void> {
    const { signal, status } = this.context;
    const { answer, failure, message } = toDeliveryError(error, signal, this.client.scrub);
    const trouble = troubleOf(answer.status, failure, message);
    status(trouble.fatal ? { state: 'failed', detail: trouble.detail } : { state: 'disconnected', detail: trouble.detail });
    const grown = Math.min(this.options.maxBackoffMs, this.options.backoffMs * 2 ** Math.min(this.failures, 20));
    this.failures += 1;
    this.log.warn({ platform: 'telegram', waitMs: trouble.waitMs ?? grown, detail: trouble.detail }, 'telegram.poll.failed');
    // Rejects only when aborted, which the loops look at.
    await sleep(trouble.waitMs ?? grown, undefined, { signal }).catch(() => undefined);
  }

  private async prepare(): Promise<void> {
    const { checkpoint, signal } = this.context;
    const saved = await checkpoint.load();
    if (saved !== undefined && /^\d+$/.test(saved)) this.offset = Number(saved);
    const { url } = await this.client.api.getWebhookInfo(signal);
    if (!url) return;
    this.log.info({ platform: 'telegram' }, 'telegram.webhook.removed');
    await this.client.api.deleteWebhook({ drop_pending_updates: false }, signal);
  }

  private async poll(): Promise<void> {
    const { signal, status } = this.context;
    const offset = this.offset === undefined ? {} : { offset: this.offset };
    const wanted = { timeout: this.options.waitSeconds, allowed_updates: [...allowedUpdates], ...offset };
    const updates = await this.client.api.getUpdates(wanted, signal);
    status({ state: 'connected' });
    for (const update of updates) {
      if (signal.aborted) return;
      await this.accept(update);
    }
  }

  /** The offset moves, and with it Telegram forgets the update, only once Redis holds it. */
  private async accept(update: { readonly update_id: number }): Promise<void> {
    const received = receiveUpdate(update);
    if (received.ok) await this.context.emit(received.event);
    else {
      this.log.debug({ platform: 'telegram', reason: received.reason }, 'telegram.update.ignored');
      this.context.ignored?.(received.reason);
    }
    this.offset = update.update_id + 1;
    await this.context.checkpoint.save(String(this.offset));
  }
}

/** Long polling, for where no public URL is to be had. Removes a webhook first: Telegram has one or the other. */
export const pollingSource = (client: Client, log: Log, options: PollOptions = {}): StreamSource => ({
  run: (context) => {
    const all = { waitSeconds: 25, backoffMs: 1000, maxBackoffMs: 30_000, ...options };
    return new Poller(client, context, { options: all, log }).run();
  },
});
