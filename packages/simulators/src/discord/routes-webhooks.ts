import { createHash } from 'node:crypto';
import type { Answer } from '../shared/answer.ts';
import { apiError } from './api-error.ts';
import type { Form } from './form.ts';
import type { WebhookState } from './model.ts';
import { webhookJson } from './render.ts';
import { type ApiCall, noContent, ok, type Route } from './route.ts';
import { permits, requireChannel, requirePermissions, type World } from './world.ts';

const bucket = { name: 'webhooks', limit: 5, windowMs: 5_000 };
const byId = '/webhooks/:webhook_id';
const byToken = `${byId}/:token`;
const maxWebhooks = 15;

/** Webhooks themselves; what they post is in routes-webhook-messages.ts. */
export const webhookRoutes: readonly Route[] = [
  { method: 'GET', path: '/channels/:channel_id/webhooks', bucket, run: ofChannel },
  { method: 'POST', path: '/channels/:channel_id/webhooks', bucket, run: create },
  { method: 'GET', path: '/guilds/:guild_id/webhooks', bucket, run: ofGuild },
  { method: 'GET', path: byId, bucket, run: get },
  { method: 'PATCH', path: byId, bucket, run: edit },
  { method: 'DELETE', path: byId, bucket, run: remove },
  { method: 'GET', path: byToken, auth: false, bucket, run: getWithToken },
  { method: 'PATCH', path: byToken, auth: false, bucket, run: editWithToken },
  { method: 'DELETE', path: byToken, auth: false, bucket, run: removeWithToken },
];

/** The webhook of the path, when the token in the path is its own. @throws {ApiError} 10015, 50027 */
export function webhookWithToken({ host, param }: ApiCall): WebhookState {
  const webhook = host.world.webhooks.get(param('webhook_id'));
  if (webhook === undefined) throw apiError('unknownWebhook');
  if (webhook.token !== param('token')) throw apiError('invalidWebhookToken');
  return webhook;
}

/** A name of a webhook, or of one message of it. Names are trimmed. Problems stay with the form. */
export function readWebhookName(form: Form, field: 'name' | 'username'): string | undefined {
  const name = form.text(field, { max: 4096 })?.trim();
  if (name === undefined) return undefined;
  const length = [...name].length;
  if (length < 1 || length > 80) return form.problem(field, 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 80 in length.');
  // Any case, anywhere in the name. Source: API reference, "Create Webhook"; discord-api-docs #4293.
  const taken = ['clyde', 'discord'].find((word) => name.toLowerCase().includes(word));
  if (taken !== undefined) return form.problem(field, 'USERNAME_INVALID_CONTAINS', `Username cannot contain "${taken}"`);
  return name;
}

/** Makes one; the caller has checked everything. */
export function addWebhook(
  world: World,
  webhook: Pick<WebhookState, 'name' | 'avatar' | 'channel' | 'applicationId' | 'creator'>,
): WebhookState {
  const made: WebhookState = { id: world.newId().toString(), token: world.random.token(68), ...webhook };
  world.webhooks.set(made.id, made);
  return made;
}

function ofChannel({ host, param }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel, 'MANAGE_WEBHOOKS');
  const webhooks = [...host.world.webhooks.values()].filter((webhook) => webhook.channel === channel);
  return ok(webhooks.map((webhook) => webhookJson(host.world, webhook, { withUser: true })));
}

function ofGuild({ host, param }: ApiCall): Answer {
  if (param('guild_id') !== host.world.guildId) throw apiError('unknownGuild');
  const webhooks = [...host.world.webhooks.values()].filter(({ channel }) => permits(channel, 'MANAGE_WEBHOOKS'));
  return ok(webhooks.map((webhook) => webhookJson(host.world, webhook, { withUser: true })));
}

function create({ host, param, body }: ApiCall): Answer {
  const { world, acts } = host;
  const channel = requireChannel(world, param('channel_id'));
  requirePermissions(channel, 'MANAGE_WEBHOOKS');
  if (channel.parent !== undefined) throw apiError('wrongChannelType');
  const name = body.require('name') ? (readWebhookName(body, 'name') ?? '') : '';
  const avatar = readAvatar(body) ?? null;
  body.done();
  if ([...world.webhooks.values()].filter((webhook) => webhook.channel === channel).length >= maxWebhooks)
    throw apiError('tooManyWebhooks');
  const webhook = addWebhook(world, { name, avatar, channel, applicationId: world.applicationId, creator: world.bot });
  acts.webhooksChanged(channel);
  return ok(webhookJson(world, webhook, { withUser: true }));
}

function get(call: ApiCall): Answer {
  return ok(webhookJson(call.host.world, ownedOrManaged(call), { withUser: true }));
}

function edit(call: ApiCall): Answer {
  const webhook = ownedOrManaged(call);
  const channelId = call.body.snowflake('channel_id');
  change(call, webhook);
  if (channelId !== undefined) {
    const channel = requireChannel(call.host.world, channelId);
    requirePermissions(channel, 'MANAGE_WEBHOOKS');
    webhook.channel = channel;
  }
  return ok(webhookJson(call.host.world, webhook, { withUser: true }));
}

function remove(call: ApiCall): Answer {
  drop(call, ownedOrManaged(call));
  return noContent;
}

function getWithToken(call: ApiCall): Answer {
  return ok(webhookJson(call.host.world, webhookWithToken(call), { withUser: false }));
}

function editWithToken(call: ApiCall): Answer {
  const webhook = webhookWithToken(call);
  change(call, webhook);
  return ok(webhookJson(call.host.world, webhook, { withUser: false }));
}

function removeWithToken(call: ApiCall): Answer {
  drop(call, webhookWithToken(call));
  return noContent;
}

function ownedOrManaged({ host, param }: ApiCall): WebhookState {
  const webhook = host.world.webhooks.get(param('webhook_id'));
  if (webhook === undefined) throw apiError('unknownWebhook');
  if (webhook.applicationId !== host.world.applicationId) requirePermissions(webhook.channel, 'MANAGE_WEBHOOKS');
  return webhook;
}

function change({ host, body }: ApiCall, webhook: WebhookState): void {
  const name = readWebhookName(body, 'name');
  const avatar = readAvatar(body);
  body.done();
  if (name !== undefined) webhook.name = name;
  if (avatar !== undefined) webhook.avatar = avatar;
  host.acts.webhooksChanged(webhook.channel);
}

function drop({ host }: ApiCall, webhook: WebhookState): void {
  host.world.webhooks.delete(webhook.id);
  host.acts.webhooksChanged(webhook.channel);
}

/** The hash of a picture given as a data URL; null to take it away. */
function readAvatar(form: Form): string | null | undefined {
  if (form.isNull('avatar')) return null;
  const data = form.text('avatar', { max: 14 << 20 });
  if (data === undefined) return undefined;
  if (!/^data:image\/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=]+$/.test(data))
    return form.problem('avatar', 'IMAGE_INVALID', 'Invalid image data');
  return createHash('md5').update(data).digest('hex');
}
