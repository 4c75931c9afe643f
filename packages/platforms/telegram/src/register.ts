import type { Log } from '@bridge/core';
import type { Client } from './api.ts';
import { toDeliveryError } from './failures.ts';
import { allowedUpdates } from './payload.ts';

/** The address Telegram is given: PUBLIC_URL, with its path if it has one, and `/telegram`. */
export const webhookUrl = (publicUrl: URL): string => `${publicUrl.origin}${publicUrl.pathname.replace(/\/+$/, '')}/telegram`;

/**
 * Points the bot's webhook here. The secret cannot be read back, so it is set at every start; what was registered
 * before is only compared for the log. Waiting updates are kept.
 * @throws {DeliveryError} with the fix in its message.
 */
export async function registerWebhook(
  client: Client,
  webhook: { readonly publicUrl: URL; readonly secret: string | undefined; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  const url = webhookUrl(webhook.publicUrl);
  try {
    const before = await client.api.getWebhookInfo(signal);
    const sameUpdates = allowedUpdates.every((kind) => before.allowed_updates?.includes(kind));
    const found = {
      platform: 'telegram',
      changed: before.url !== url || !sameUpdates,
      waiting: before.pending_update_count,
      ...(before.last_error_message ? { lastError: client.scrub(before.last_error_message) } : {}),
    };
    const secret = webhook.secret === undefined ? {} : { secret_token: webhook.secret };
    await client.api.setWebhook({ url, allowed_updates: [...allowedUpdates], ...secret }, signal);
    webhook.log.info(found, 'telegram.webhook.registered');
  } catch (error) {
    throw toDeliveryError(error, signal, client.scrub);
  }
}
