import { hash } from 'node:crypto';
import type { Answer } from '../shared/answer.ts';
import { apiError } from './api-error.ts';
import { readMessage, refuseEmpty } from './check-message.ts';
import type { ChannelState, MessageState, WebhookAuthor, WebhookState } from './model.ts';
import { messageJson } from './render.ts';
import { type ApiCall, noContent, ok, type Route } from './route.ts';
import { applyEdit, keptAttachments } from './routes-messages.ts';
import { readWebhookName, webhookWithToken } from './routes-webhooks.ts';
import { requireChannel, requireMessage } from './world.ts';

/** Source: Discord staff in discord-api-docs #367. */
const bucket = { name: 'execute-webhook', limit: 5, windowMs: 2_000 };
const path = '/webhooks/:webhook_id/:token';
const messagePath = `${path}/messages/:message_id`;

/** What webhooks post, change and take back. There is no nonce and there are no replies here. */
export const webhookMessageRoutes: readonly Route[] = [
  { method: 'POST', path, auth: false, bucket, run: execute },
  { method: 'GET', path: messagePath, auth: false, bucket: { ...bucket, name: 'get-webhook-message' }, run: get },
  { method: 'PATCH', path: messagePath, auth: false, bucket: { ...bucket, name: 'edit-webhook-message' }, run: edit },
  { method: 'DELETE', path: messagePath, auth: false, bucket: { ...bucket, name: 'delete-webhook-message' }, run: remove },
];

function execute(call: ApiCall): Answer {
  const { host, query, body, files } = call;
  const webhook = webhookWithToken(call);
  const wait = query.boolean('wait') ?? false;
  const channel = placeOf(call, webhook);
  const author = readAuthor(call, webhook);
  const draft = readMessage(body);
  body.done();
  if (channel.locked) throw apiError('lockedThread');
  const attachments = host.attachments.store(channel, files, body.objects('attachments', 10) ?? []);
  const { content = '', embeds = [], mentionRule, flags, tts, extra } = draft;
  refuseEmpty({ content, embeds, attachments, extra });
  const message = host.acts.create({
    channel,
    author: { kind: 'webhook', ...author },
    content,
    embeds,
    attachments,
    tts,
    extra,
    viaApi: true,
    ...(mentionRule === undefined ? {} : { mentionRule }),
    ...(flags === undefined ? {} : { flags }),
  });
  return wait ? ok(messageJson(host.world, message)) : noContent;
}

function get(call: ApiCall): Answer {
  return ok(messageJson(call.host.world, ownMessage(call)));
}

function edit(call: ApiCall): Answer {
  const { host, body, files } = call;
  const message = ownMessage(call);
  if (message.channel.archived) throw apiError('archivedThread');
  const draft = readMessage(body);
  body.done();
  const added = host.attachments.store(message.channel, files, body.objects('attachments', 10) ?? []);
  applyEdit(host, message, { draft, attachments: [...keptAttachments(message, body), ...added] });
  return ok(messageJson(host.world, message));
}

function remove(call: ApiCall): Answer {
  const message = ownMessage(call);
  if (message.channel.archived) throw apiError('archivedThread');
  call.host.acts.remove(message);
  return noContent;
}

/** The webhook's channel, or a thread of it that the query names. @throws {ApiError} 10003 */
function placeOf({ host, query }: ApiCall, webhook: WebhookState): ChannelState {
  const threadId = query.snowflake('thread_id');
  query.done();
  if (threadId === undefined) return webhook.channel;
  const thread = requireChannel(host.world, threadId);
  if (thread.parent !== webhook.channel) throw apiError('unknownChannel');
  return thread;
}

/** A message that this very webhook posted, where the query says that it is. @throws {ApiError} 10008 */
function ownMessage(call: ApiCall): MessageState {
  const webhook = webhookWithToken(call);
  const message = requireMessage(call.host.world, placeOf(call, webhook), call.param('message_id'));
  if (message.author.kind !== 'webhook' || message.author.webhook !== webhook) throw apiError('unknownMessage');
  return message;
}

function readAuthor({ body }: ApiCall, webhook: WebhookState): WebhookAuthor {
  const name = readWebhookName(body, 'username') ?? webhook.name;
  const avatarUrl = body.url('avatar_url');
  const avatar = avatarUrl === undefined ? webhook.avatar : hash('md5', avatarUrl);
  return { webhook, name, avatar, avatarUrl };
}
