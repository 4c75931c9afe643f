import { ApiError, badRequest } from './api-error.ts';
import { checkContent, checkMayChange, newMessage } from './check-message.ts';
import { isObject } from './check-request.ts';
import type { JsonObject, StoredMessage } from './model.ts';
import { apiMessage } from './render.ts';
import { actorOf, count, groupOf, messageOf, requiredActor, strings, userOf, type ApiCall, type ApiResult, type Handler } from './route.ts';
import { checkTags } from './routes-users.ts';
import { conversationOf, seconds } from './world.ts';

const maxReactions = 25;
const maxReactionLength = 45;

const sendMessage: Handler = (call) => ({ data: apiMessage(call.world, call.acts.send(newMessage(call)), { withTags: true }) });

const sendInThread: Handler = (call) => {
  requiredActor(call);
  const root = messageOf(call);
  if (root.parentId !== undefined)
    throw new ApiError(400, 'ERR_MESSAGE_THREAD_NESTING', 'A message of a thread can not have a thread of its own.');
  const message = newMessage(call);
  if (conversationOf(message) !== root.conversationId)
    throw new ApiError(400, 'ERR_WRONG_MESSAGE_THREAD', 'The thread belongs to another conversation.');
  return { data: apiMessage(call.world, call.acts.send({ ...message, parentId: root.id }), { withTags: true }) };
};

const editMessage: Handler = (call) => {
  const message = messageOf(call);
  checkMayChange(message, call.actor);
  const data: JsonObject = isObject(call.body['data']) ? call.body['data'] : {};
  // Which of the two the real API does is in no document.
  const checked = checkContent(message.category, message.type, call.editReplaces ? data : { ...message.data, ...data });
  checkTags(strings(call.body, 'tags'));
  const tags = call.body['tags'] === undefined ? {} : { tags: strings(call.body, 'tags') };
  return {
    data: apiMessage(call.world, call.acts.edit(message, { by: actorOf(call), data: checked, replace: call.editReplaces, ...tags })),
  };
};

const deleteMessage: Handler = (call) => {
  const message = messageOf(call);
  checkMayChange(message, call.actor);
  return { data: apiMessage(call.world, call.acts.remove(message, { by: actorOf(call), permanent: call.body['permanent'] === true })) };
};

const getMessage: Handler = (call) => ({ data: apiMessage(call.world, messageOf(call), { withTags: true }) });

const reactionHandler =
  (on: boolean): Handler =>
  (call) => {
    const uid = requiredActor(call);
    const message = messageOf(call);
    const reaction = call.path['reaction'] ?? '';
    if (reaction === '' || reaction.length > maxReactionLength) throw badRequest(`A reaction has 1 to ${maxReactionLength} characters.`);
    const distinct = new Set(message.reactions.map((one) => one.reaction));
    checkMembership(call, message, uid);
    if (on && !distinct.has(reaction) && distinct.size >= maxReactions)
      throw badRequest(`A message has at most ${maxReactions} reactions.`);
    call.acts.react(message, { uid, reaction, on });
    return { data: apiMessage(call.world, message) };
  };

/** Only members react; in a conversation of two, only the two. */
function checkMembership(call: ApiCall, { receiverType, receiver, sender }: StoredMessage, uid: string): void {
  if (receiverType === 'user') {
    if (uid !== receiver && uid !== sender) throw new ApiError(403, 'ERR_MESSAGE_NO_ACCESS', 'The user has no access to the message.');
  } else if (call.world.groups.get(receiver)?.members.has(uid) !== true) {
    throw new ApiError(400, 'ERR_GROUP_NOT_JOINED', `The user with uid ${uid} has not joined the group with guid ${receiver}.`);
  }
}

const listGroup: Handler = (call) => {
  const group = groupOf(call);
  if (call.actor !== undefined && !group.members.has(call.actor)) {
    throw new ApiError(400, 'ERR_GROUP_NOT_JOINED', `The user with uid ${call.actor} has not joined the group with guid ${group.guid}.`);
  }
  return page(call, call.world.conversation(`group_${group.guid}`));
};

const listUser: Handler = (call) => {
  const conversationId = conversationOf({ receiverType: 'user', receiver: userOf(call).uid, sender: actorOf(call) });
  return page(call, call.world.conversation(conversationId));
};

const listThread: Handler = (call) => {
  const root = messageOf(call);
  return page(
    call,
    call.world.conversation(root.conversationId).filter((message) => message.parentId === root.id),
  );
};

const defaultPage = 10;
const maxPage = 1000;

/** Oldest first. `append` gives what came after the message `id`, `prepend`, the default, what came before it. */
function page(call: ApiCall, conversation: readonly StoredMessage[]): ApiResult {
  const { query } = call;
  const affix = query.get('affix') ?? 'prepend';
  if (affix !== 'append' && affix !== 'prepend') throw badRequest('The affix must be append or prepend.');
  const limit = count(query, 'limit', { fallback: defaultPage, max: maxPage });
  const wanted = conversation.filter(filterOf(query));
  const id = query.get('id');
  const side = id === null ? wanted : wanted.filter((message) => (affix === 'append' ? message.id > Number(id) : message.id < Number(id)));
  const onward = affix === 'append' && (id !== null || query.has('fromTimestamp'));
  const found = onward ? side.slice(0, limit) : side.slice(-limit);
  const edge = affix === 'append' ? found.at(-1) : found[0];
  return {
    data: found.map((message) => apiMessage(call.world, message, { withTags: query.get('withTags') === 'true' })),
    meta: {
      current: { limit, count: found.length },
      ...(edge ? { next: { affix, sentAt: seconds(edge.sentAt), id: String(edge.id) } } : {}),
    },
  };
}

function filterOf(query: URLSearchParams): (message: StoredMessage) => boolean {
  const list = (one: string, many: string): readonly string[] => [
    ...query.getAll(one),
    ...query.getAll(many).flatMap((value) => value.split(',')),
  ];
  const categories = list('category', 'categories');
  const types = list('type', 'types');
  const from = Number(query.get('fromTimestamp') ?? 0);
  const to = Number(query.get('toTimestamp') ?? Infinity);
  const tags = query.getAll('tags').flatMap((value) => value.split(','));
  return (message) =>
    message.deleted?.permanent !== true &&
    (categories.length === 0 || categories.includes(message.category)) &&
    (types.length === 0 || types.includes(message.type)) &&
    seconds(message.sentAt) >= from &&
    seconds(message.sentAt) <= to &&
    (tags.length === 0 || tags.some((tag) => message.tags?.includes(tag) === true)) &&
    !(query.get('hideReplies') === 'true' && message.parentId !== undefined);
}

/** Calls about messages. */
export const messageRoutes: Readonly<Record<string, Handler>> = {
  'POST /messages': sendMessage,
  'POST /messages/{id}/thread': sendInThread,
  'GET /messages/{id}/thread': listThread,
  'GET /messages/{id}': getMessage,
  'PUT /messages/{id}': editMessage,
  'DELETE /messages/{id}': deleteMessage,
  'POST /messages/{id}/reactions/{reaction}': reactionHandler(true),
  'DELETE /messages/{id}/reactions/{reaction}': reactionHandler(false),
  'GET /groups/{guid}/messages': listGroup,
  'GET /users/{uid}/messages': listUser,
};
