import type { Identity } from './config.ts';
import type { Message } from './payload.ts';

/** Whether this bridge wrote the message: through one of its webhooks, or as the bot. */
export function isOwn(message: Pick<Message, 'webhook_id' | 'application_id' | 'author'>, { own, applicationId }: Identity): boolean {
  if (message.webhook_id !== undefined) return message.application_id !== undefined && message.application_id === applicationId;
  return message.author !== undefined && own.has(message.author.id);
}
