import type { Answer } from '../shared/answer.ts';
import { ApiError, apiError, formError } from './api-error.ts';
import type { NewMessage } from './acts.ts';
import { type CreateDraft, type MessageDraft, readCreate, readMessage, refuseEmpty } from './check-message.ts';
import { history } from './history.ts';
import type { ChannelState, MessageState, ReferenceState } from './model.ts';
import { type Json, messageJson, needsContentIntent, withoutContent } from './render.ts';
import { type ApiCall, type ApiHost, noContent, ok, type Route } from './route.ts';
import { isSnowflake, timeOf } from './snowflake.ts';
import { permits, requireChannel, requireMessage, requirePermissions } from './world.ts';

const bucket = (name: string, limit: number, windowMs: number) => ({ name, limit, windowMs });
const messagesPath = '/channels/:channel_id/messages';
const messagePath = `${messagesPath}/:message_id`;
const twoWeeksMs = 14 * 86_400_000;

/** Messages by the bot. */
export const messageRoutes: readonly Route[] = [
  { method: 'GET', path: messagesPath, bucket: bucket('list-messages', 5, 5_000), run: list },
  { method: 'POST', path: messagesPath, bucket: bucket('create-message', 5, 5_000), run: create },
  { method: 'POST', path: `${messagesPath}/bulk-delete`, bucket: bucket('bulk-delete', 1, 1_000), run: bulkDelete },
  { method: 'GET', path: messagePath, bucket: bucket('get-message', 5, 5_000), run: get },
  { method: 'PATCH', path: messagePath, bucket: bucket('edit-message', 5, 5_000), run: edit },
  { method: 'DELETE', path: messagePath, bucket: bucket('delete-message', 5, 1_000), run: remove },
  { method: 'POST', path: '/channels/:channel_id/typing', bucket: bucket('typing', 5, 5_000), run: typing },
];

/** As this application may read it. */
function shownMessage(host: ApiHost, message: MessageState): Json {
  const json = messageJson(host.world, message);
  return host.readsContent || !needsContentIntent(host.world, message) ? json : withoutContent(json);
}

function list({ host, param, query }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel);
  const limit = query.integer('limit', { min: 1, max: 100 }) ?? 50;
  const anchors = (['before', 'after', 'around'] as const).filter((name) => query.has(name));
  if (anchors.length > 1) query.problem('', 'MUTUALLY_EXCLUSIVE', 'before, after and around are mutually exclusive.');
  const [anchor] = anchors;
  const id = anchor === undefined ? undefined : query.snowflake(anchor);
  query.done();
  if (!permits(channel, 'READ_MESSAGE_HISTORY')) return ok([]);
  const found = history(channel.messages, { limit, ...(anchor === undefined || id === undefined ? {} : { anchor, key: BigInt(id) }) });
  return ok(found.map((message) => shownMessage(host, message)));
}

function get({ host, param }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel, 'READ_MESSAGE_HISTORY');
  return ok(shownMessage(host, requireMessage(host.world, channel, param('message_id'))));
}

function create(call: ApiCall): Answer {
  const { host, param, body, files } = call;
  const { world, nonces } = host;
  const channel = requireChannel(world, param('channel_id'));
  requirePermissions(channel, channel.parent === undefined ? 'SEND_MESSAGES' : 'SEND_MESSAGES_IN_THREADS');
  if (channel.locked) throw apiError('lockedThread');
  const draft = readCreate(body);
  const earlier = draft.enforceNonce && draft.nonce !== undefined ? nonces.find(world.bot.id, draft.nonce) : undefined;
  if (earlier !== undefined) return ok(earlierMessage(host, earlier, draft.nonce));
  const reference = resolveReference(host, channel, draft);
  if (files.length > 0) requirePermissions(channel, 'ATTACH_FILES');
  if (draft.tts) requirePermissions(channel, 'SEND_TTS_MESSAGES');
  const attachments = host.attachments.store(channel, files, body.objects('attachments', 10) ?? []);
  const message = { content: draft.content ?? '', embeds: draft.embeds ?? [], attachments, extra: draft.extra };
  if (reference?.type !== 1) refuseEmpty(message);
  const made = host.acts.create({
    ...message,
    ...optional(draft, reference),
    channel,
    author: { kind: 'user', user: world.bot },
    viaApi: true,
    tts: draft.tts,
  });
  if (draft.nonce !== undefined) nonces.remember(world.bot.id, draft.nonce, made.id);
  return ok(messageJson(world, made, draft.nonce));
}

const optional = ({ flags, mentionRule, nonce }: CreateDraft, reference: ReferenceState | undefined): Partial<NewMessage> => ({
  ...(flags === undefined ? {} : { flags }),
  ...(mentionRule === undefined ? {} : { mentionRule }),
  ...(nonce === undefined ? {} : { nonce }),
  ...(reference === undefined ? {} : { reference }),
});

/** A message that was deleted meanwhile is not made again; Discord's staff calls that intended (discord-api-docs #6647). */
function earlierMessage(host: ApiHost, id: string, nonce: CreateDraft['nonce']): Json {
  const message = host.world.messages.get(id);
  if (message === undefined || message.deleted) throw apiError('unknownMessage');
  return messageJson(host.world, message, nonce);
}

function resolveReference(host: ApiHost, channel: ChannelState, { reference }: CreateDraft): ReferenceState | undefined {
  if (reference === undefined) return undefined;
  if (!permits(channel, 'READ_MESSAGE_HISTORY')) throw apiError('noReplyWithoutHistory');
  const { type, messageId, channelId = channel.id, failIfNotExists } = reference;
  const target = host.world.messages.get(messageId);
  const exists = target !== undefined && !target.deleted && target.channel.id === channelId && (type === 1 || target.channel === channel);
  if (exists) return { type, messageId, channelId };
  if (!failIfNotExists) return undefined;
  throw formError([{ path: ['message_reference'], code: 'REPLIES_UNKNOWN_MESSAGE', message: 'Unknown message' }]);
}

function edit({ host, param, body, files }: ApiCall): Answer {
  const { world } = host;
  const channel = requireChannel(world, param('channel_id'));
  requirePermissions(channel);
  const message = requireMessage(world, channel, param('message_id'));
  const isOwn = message.author.kind === 'user' && message.author.user.id === world.bot.id;
  const changesText = ['content', 'embeds', 'attachments', 'components'].some((name) => body.has(name));
  if (!isOwn && (changesText || !permits(channel, 'MANAGE_MESSAGES'))) throw apiError('notTheAuthor');
  if (channel.archived) throw apiError('archivedThread');
  const draft = readMessage(body);
  body.done();
  applyEdit(host, message, {
    draft,
    attachments: [...keptAttachments(message, body), ...host.attachments.store(channel, files, body.objects('attachments', 10) ?? [])],
  });
  return ok(shownMessage(host, message));
}

/** Edits, unless nothing would be left of the message. @throws {ApiError} 50006 */
export function applyEdit(
  host: ApiHost,
  message: MessageState,
  change: { readonly draft: MessageDraft; readonly attachments: MessageState['attachments'] },
): void {
  const { draft, attachments } = change;
  const { content, embeds, mentionRule, flags, extra } = draft;
  refuseEmpty({
    content: content ?? message.content,
    embeds: embeds ?? message.embeds,
    attachments,
    extra: { ...message.extra, ...extra },
  });
  host.acts.edit(message, {
    attachments,
    extra,
    ...(content === undefined ? {} : { content }),
    ...(embeds === undefined ? {} : { embeds }),
    ...(mentionRule === undefined ? {} : { mentionRule }),
    ...(flags === undefined ? {} : { flags }),
  });
}

/** An `attachments` list names all that are to stay. */
export function keptAttachments(message: MessageState, body: ApiCall['body']): MessageState['attachments'] {
  if (!body.has('attachments')) return message.attachments;
  const keep = new Set((body.objects('attachments', 10) ?? []).map((form) => form.raw('id')));
  return message.attachments.filter(({ id }) => keep.has(id));
}

function remove({ host, param }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel);
  const message = requireMessage(host.world, channel, param('message_id'));
  const isOwn = message.author.kind === 'user' && message.author.user.id === host.world.bot.id;
  if (!isOwn) requirePermissions(channel, 'MANAGE_MESSAGES');
  if (channel.archived) throw apiError('archivedThread');
  host.acts.remove(message);
  return noContent;
}

function bulkDelete({ host, param, body }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel, 'MANAGE_MESSAGES');
  const ids = body.require('messages') ? (body.list('messages', Number.POSITIVE_INFINITY) ?? []) : [];
  body.done();
  if (ids.length < 2 || ids.length > 100) throw apiError('bulkDeleteCount');
  if (new Set(ids).size < ids.length)
    throw new ApiError(400, 50035, {
      message: 'Invalid Form Body',
      errors: { messages: { _errors: [{ code: 'SET_TYPE_CONTAINS_DUPLICATES', message: 'Duplicate values' }] } },
    });
  const known = ids.flatMap((id) => (typeof id === 'string' && isSnowflake(id) ? [id] : []));
  if (known.some((id) => timeOf(id) < Date.now() - twoWeeksMs)) throw apiError('tooOldToBulkDelete');
  const messages = known
    .flatMap((id) => host.world.messages.get(id) ?? [])
    .filter((message) => message.channel === channel && !message.deleted);
  host.acts.removeMany(channel, messages);
  return noContent;
}

function typing({ host, param }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel, channel.parent === undefined ? 'SEND_MESSAGES' : 'SEND_MESSAGES_IN_THREADS');
  host.acts.typing(channel, host.world.bot);
  return noContent;
}
