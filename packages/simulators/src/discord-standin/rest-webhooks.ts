import { create, edit, remove } from './acts.ts';
import { discordError, invalidForm } from './errors.ts';
import { asForm, contentOf, requireSomething, urlOf, webhookName } from './form.ts';
import type { Call, Handler } from './host.ts';
import type { DiscordMessage, DiscordUser, DiscordWebhook } from './model.ts';
import { apiMessage } from './render.ts';
import { addWebhook, allow, messageOf, type World } from './world.ts';

const maxWebhooks = 15;

export const listWebhooks: Handler = ({ host, path: [, channelId = ''] }) => {
  allow(host.world, channelId, 'manageWebhooks');
  return { body: webhooksOf(host.world, channelId).map((webhook) => apiWebhook(webhook, true)) };
};

export const createWebhook: Handler = ({ host, path: [, channelId = ''], body }) => {
  const channel = allow(host.world, channelId, 'manageWebhooks');
  if (channel.parent_id !== null) throw discordError(10003);
  const name = webhookName(asForm(body), 'name');
  if (name === undefined) throw invalidForm('name', 'BASE_TYPE_REQUIRED', 'This field is required');
  if (webhooksOf(host.world, channelId).length >= maxWebhooks) throw discordError(30007);
  const webhook = addWebhook(host.world, channelId, name);
  host.dispatch('WEBHOOKS_UPDATE', { guild_id: host.world.guildId, channel_id: channelId });
  return { body: apiWebhook(webhook, true) };
};

const webhooksOf = (world: World, channelId: string) => [...world.webhooks.values()].filter((webhook) => webhook.channel_id === channelId);

function apiWebhook(webhook: DiscordWebhook, withToken: boolean): object {
  const { token, ...rest } = webhook;
  return { ...rest, type: 1, avatar: null, ...(withToken ? { token } : {}) };
}

/** @throws {DiscordError} 10015 or 50027 */
function webhookOf({ host, path: [, id = '', token] }: Call): DiscordWebhook {
  const webhook = host.world.webhooks.get(id);
  if (!webhook) throw discordError(10015);
  if (token !== undefined && token !== webhook.token) throw discordError(50027);
  return webhook;
}

export const getWebhook: Handler = (call) => ({ body: apiWebhook(webhookOf(call), true) });

export const deleteWebhook: Handler = (call) => {
  call.host.world.webhooks.delete(webhookOf(call).id);
  return {};
};

export const executeWebhook: Handler = (call) => {
  const { host, query, body } = call;
  const webhook = webhookOf(call);
  const form = asForm(body);
  const content = contentOf(form);
  requireSomething(form, content);
  const avatarUrl = urlOf(form, 'avatar_url');
  const message = create(host, {
    channel_id: placeOf(host.world, webhook, query.get('thread_id')),
    author: authorOf(webhook, webhookName(form, 'username') ?? webhook.name),
    content, viaApi: true, webhook_id: webhook.id,
    ...(avatarUrl === undefined ? {} : { avatarUrl }),
    ...(webhook.application_id === null ? {} : { application_id: webhook.application_id }),
  });
  return query.get('wait') === 'true' ? { body: apiMessage(host.world, message) } : {};
};

/** @throws {DiscordError} 10003 for a thread that is not of the webhook's channel. */
function placeOf(world: World, webhook: DiscordWebhook, thread: string | null): string {
  if (thread === null) return webhook.channel_id;
  if (world.channels.get(thread)?.parent_id !== webhook.channel_id) throw discordError(10003);
  return thread;
}

function authorOf(webhook: DiscordWebhook, username: string): DiscordUser {
  return { id: webhook.id, username, discriminator: '0000', global_name: null, avatar: null, bot: true };
}

/** A webhook reaches its own messages only. @throws {DiscordError} */
function ownMessage(call: Call): DiscordMessage {
  const { host, query, path } = call;
  const webhook = webhookOf({ ...call, path: path.slice(0, 3) });
  const message = messageOf(host.world, placeOf(host.world, webhook, query.get('thread_id')), path[4] ?? '');
  if (message.webhook_id !== webhook.id) throw discordError(10008);
  return message;
}

export const getWebhookMessage: Handler = (call) => ({ body: apiMessage(call.host.world, ownMessage(call)) });

export const editWebhookMessage: Handler = (call) => {
  const message = ownMessage(call);
  const form = asForm(call.body);
  const content = contentOf(form);
  requireSomething(form, content);
  return { body: apiMessage(call.host.world, edit(call.host, message, content)) };
};

export const deleteWebhookMessage: Handler = (call) => {
  remove(call.host, ownMessage(call));
  return {};
};
