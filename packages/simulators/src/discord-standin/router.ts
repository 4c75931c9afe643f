import type { Handler } from './host.ts';
import * as messages from './rest-messages.ts';
import * as reads from './rest-reads.ts';
import * as webhooks from './rest-webhooks.ts';

export interface Route {
  readonly method: string;
  /** Parts of the path; `*` matches anything. */
  readonly parts: readonly string[];
  readonly handler: Handler;
  /** Called with the webhook's own token instead of the bot's. */
  readonly byToken: boolean;
}

const route = (call: string, handler: Handler): Route => {
  const [method = '', path = ''] = call.split(' ');
  return { method, parts: path.split('/').slice(1), handler, byToken: path.startsWith('/webhooks/*/*') };
};

const routes: readonly Route[] = [
  route('POST /channels/*/messages', messages.createMessage),
  route('POST /webhooks/*/*', webhooks.executeWebhook),
  route('PATCH /webhooks/*/*/messages/*', webhooks.editWebhookMessage),
  route('DELETE /webhooks/*/*/messages/*', webhooks.deleteWebhookMessage),
  route('GET /webhooks/*/*/messages/*', webhooks.getWebhookMessage),
  route('GET /channels/*/messages', messages.listMessages),
  route('GET /channels/*/messages/*', messages.getMessage),
  route('PATCH /channels/*/messages/*', messages.editMessage),
  route('DELETE /channels/*/messages/*', messages.deleteMessage),
  route('POST /channels/*/messages/bulk-delete', messages.bulkDelete),
  route('PUT /channels/*/messages/*/reactions/*/@me', messages.addReaction),
  route('DELETE /channels/*/messages/*/reactions/*/@me', messages.removeReaction),
  route('POST /channels/*/typing', messages.typing),
  route('GET /channels/*/webhooks', webhooks.listWebhooks),
  route('POST /channels/*/webhooks', webhooks.createWebhook),
  route('GET /webhooks/*', webhooks.getWebhook),
  route('GET /webhooks/*/*', webhooks.getWebhook),
  route('DELETE /webhooks/*', webhooks.deleteWebhook),
  route('DELETE /webhooks/*/*', webhooks.deleteWebhook),
  route('GET /gateway', reads.gatewayInfo),
  route('GET /gateway/bot', reads.gatewayBot),
  route('GET /users/@me', reads.me),
  route('GET /applications/@me', reads.application),
  route('GET /oauth2/applications/@me', reads.application),
  route('GET /guilds/*', reads.guild),
  route('GET /guilds/*/channels', reads.guildChannels),
  route('GET /channels/*', reads.channel),
];

/** The route of a path's parts; undefined where Discord has none. */
export function findRoute(method: string, path: readonly string[]): Route | undefined {
  return routes.find((one) => one.method === method && one.parts.length === path.length && one.parts.every((part, index) => part === '*' || part === path[index]));
}
