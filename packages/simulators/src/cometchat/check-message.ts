import { ApiError, badRequest, guidNotFound, uidNotFound } from './api-error.ts';
import { isObject } from './check-request.ts';
import type { JsonObject, StoredMessage } from './model.ts';
import { actorOf, strings, type ApiCall } from './route.ts';
import { checkTags } from './routes-users.ts';
import { systemUid, type NewMessage } from './world.ts';

/** Longest `data` of a message, as JSON in UTF-8. */
const maxDataBytes = 10 * 1024;
const maxAttachments = 10;
const mediaTypes = new Set(['image', 'video', 'audio', 'file']);

/**
 * A message out of a send's body.
 * @throws {ApiError} in the order in which the documented errors make sense: the form, the content, the receiver, the sender.
 */
export function newMessage(call: ApiCall): NewMessage {
  const { body, world } = call;
  if (body['multipleReceivers'] !== undefined) throw badRequest('multipleReceivers is not simulated; send one message to each.');
  const receiver = typeof body['receiver'] === 'string' ? body['receiver'] : '';
  const { receiverType } = body;
  if (receiver === '') throw new ApiError(400, 'ERR_EMPTY_RECEIVER', 'The receiver is empty.');
  if (receiverType !== 'user' && receiverType !== 'group')
    throw new ApiError(400, 'ERR_INVALID_RECEIVER_TYPE', 'The receiverType must be user or group.');
  const category = typeof body['category'] === 'string' ? body['category'] : 'message';
  const type = typeof body['type'] === 'string' ? body['type'] : 'text';
  const data = checkContent(category, type, body['data']);
  const tags = strings(body, 'tags');
  checkTags(tags);
  const sender = actorOf(call);
  const to = receiverType === 'group' ? receiver : receiver.toLowerCase();
  if (receiverType === 'user' && !world.users.has(to)) throw uidNotFound(to);
  if (receiverType === 'group') checkMembership(call, to, sender);
  return {
    sender,
    receiverType,
    receiver: to,
    category,
    type,
    data,
    viaApi: true,
    ...(typeof body['muid'] === 'string' ? { muid: body['muid'] } : {}),
    ...(tags.length > 0 ? { tags } : {}),
  };
}

/** Content of a new or edited message. */
export function checkContent(category: string, type: string, given: unknown): JsonObject {
  if (category !== 'message' && category !== 'custom')
    throw new ApiError(400, 'ERR_INVALID_MESSAGE_CATEGORY', 'The category must be message or custom.');
  const data = isObject(given) ? given : {};
  if (category === 'custom') checkCustom(data);
  else if (mediaTypes.has(type)) checkAttachments(data);
  else if (type !== 'text') throw badRequest('The type must be text, image, file, audio or video.');
  else if (typeof data['text'] !== 'string' || data['text'].trim() === '')
    throw new ApiError(400, 'ERR_EMPTY_MESSAGE_TEXT', 'The message text is empty.');
  if (data['metadata'] !== undefined && !isObject(data['metadata']))
    throw new ApiError(400, 'ERR_INVALID_METADATA', 'The metadata must be an object.');
  if (Buffer.byteLength(JSON.stringify(data)) > maxDataBytes) {
    throw new ApiError(400, 'ERR_INVALID_MESSAGE_DATA', `The data of a message may not be greater than ${maxDataBytes / 1024} KB.`);
  }
  const { entities: _entities, ...kept } = data;
  return kept;
}

function checkCustom(data: JsonObject): void {
  const { customData } = data;
  if (!isObject(customData) || Object.keys(customData).length === 0)
    throw new ApiError(400, 'ERR_EMPTY_CUSTOM_DATA', 'The customData is empty.');
}

function checkAttachments(data: JsonObject): void {
  const { attachments } = data;
  if (!Array.isArray(attachments) || attachments.length === 0)
    throw new ApiError(400, 'ERR_EMPTY_MESSAGE_FILE', 'The message has no attachments.');
  const complete = attachments.every(
    (one: unknown) =>
      isObject(one) && ['url', 'name', 'mimeType', 'extension'].every((field) => typeof one[field] === 'string' && one[field] !== ''),
  );
  if (!complete || attachments.length > maxAttachments) {
    throw new ApiError(
      400,
      'ERR_INVALID_MEDIA_MESSAGE',
      `Up to ${maxAttachments} attachments with url, name, mimeType and extension are taken.`,
    );
  }
}

/** What goes through the API as nobody is the system's, and needs no membership. */
function checkMembership({ world }: ApiCall, guid: string, sender: string): void {
  const group = world.groups.get(guid);
  if (!group) throw guidNotFound(guid);
  if (sender === systemUid || group.members.has(sender)) return;
  if (group.banned.has(sender)) {
    throw new ApiError(400, 'ERR_BANNED_GROUPMEMBER', `The user with uid ${sender} is banned from the group with guid ${guid}.`);
  }
  throw new ApiError(400, 'ERR_GROUP_NOT_JOINED', `The user with uid ${sender} has not joined the group with guid ${guid}.`);
}

/** Only the sender may change a message on somebody's behalf, and nobody an action message or one that is deleted. */
export function checkMayChange(message: StoredMessage, actor: string | undefined): void {
  if (message.category === 'action')
    throw new ApiError(400, 'ERR_MESSAGE_ACTION_NOT_ALLOWED', 'Action messages can not be edited or deleted.');
  if (message.deleted) throw new ApiError(404, 'ERR_MESSAGE_ID_NOT_FOUND', `The message with id ${message.id} does not exist.`);
  if (actor !== undefined && actor !== message.sender) {
    throw new ApiError(
      400,
      'ERR_MESSAGE_NOT_A_SENDER',
      `The user with uid ${actor} is not the sender of the message with id ${message.id}.`,
    );
  }
}
