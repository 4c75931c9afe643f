import type { SimMessage } from '../types.ts';
import type { CometChatSource, Group, Reaction, StoredMessage, User } from './model.ts';
import { seconds, systemUid, textOf, type World } from './world.ts';

/** A user as the API gives it. */
export function apiUser(world: World, uid: string): User {
  return world.users.get(uid) ?? { uid, name: uid, role: 'default', status: 'offline', createdAt: 0 };
}

/** A group as the API gives it; for a member with what it is there. */
export function apiGroup(group: Group, uid?: string): Record<string, unknown> {
  const member = uid === undefined ? undefined : group.members.get(uid);
  return {
    guid: group.guid,
    name: group.name,
    type: group.type,
    ...(member ? { scope: member.scope, joinedAt: member.joinedAt, hasJoined: true } : {}),
    membersCount: group.members.size,
    conversationId: `group_${group.guid}`,
    createdAt: group.createdAt,
  };
}

/** A message as the API and the webhooks give it. Tags are only given where asked for. */
export function apiMessage(world: World, message: StoredMessage, options: { readonly withTags?: boolean } = {}): Record<string, unknown> {
  const { edited, deleted } = message;
  const updatedAt = Math.max(message.sentAt, edited?.at ?? 0, deleted?.at ?? 0);
  return {
    id: String(message.id),
    ...(message.muid === undefined ? {} : { muid: message.muid }),
    conversationId: message.conversationId,
    sender: message.sender,
    receiverType: message.receiverType,
    receiver: message.receiver,
    category: message.category,
    type: message.type,
    data: message.action ? actionData(world, message) : contentData(world, message),
    ...(message.parentId === undefined ? {} : { parentId: String(message.parentId) }),
    ...(options.withTags === true && message.tags ? { tags: message.tags } : {}),
    sentAt: seconds(message.sentAt),
    ...(edited ? { editedAt: seconds(edited.at), editedBy: edited.by } : {}),
    ...(deleted ? { deletedAt: seconds(deleted.at), deletedBy: deleted.by } : {}),
    updatedAt: seconds(updatedAt),
  };
}

/** A deleted message keeps its parties and loses its content. */
function contentData(world: World, message: StoredMessage): object {
  const entities = { sender: userEntity(world, message.sender), receiver: receiverEntity(world, message) };
  if (message.deleted) return { entities };
  const reactions = countReactions(message.reactions);
  return { ...message.data, ...(reactions.length > 0 ? { reactions } : {}), entities };
}

function actionData(world: World, message: StoredMessage): object {
  const { kind = '', by = systemUid, message: target, uid } = message.action ?? {};
  const on = target ? { entity: apiMessage(world, target, { withTags: true }), entityType: 'message' } : userEntity(world, uid ?? '');
  return { action: kind, entities: { by: userEntity(world, by), for: receiverEntity(world, message), on } };
}

const userEntity = (world: World, uid: string): object => ({ entity: apiUser(world, uid), entityType: 'user' });

function receiverEntity(world: World, { receiverType, receiver, sender, conversationId }: StoredMessage): object {
  const group = receiverType === 'group' ? world.groups.get(receiver) : undefined;
  if (group) return { entity: apiGroup(group, sender), entityType: 'group' };
  return { entity: { ...apiUser(world, receiver), conversationId }, entityType: 'user' };
}

function countReactions(reactions: readonly Reaction[]): { readonly reaction: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { reaction } of reactions) counts.set(reaction, (counts.get(reaction) ?? 0) + 1);
  return [...counts].map(([reaction, count]) => ({ reaction, count }));
}

/** A message as the members of its conversation see it. A group's room is its guid, that of two users their conversation's id. */
export function simMessage(world: World, message: StoredMessage): SimMessage {
  const author = apiUser(world, message.sender);
  const source: CometChatSource = {
    category: message.category,
    type: message.type,
    data: message.data,
    ...(message.muid === undefined ? {} : { muid: message.muid }),
    ...(message.tags === undefined ? {} : { tags: message.tags }),
    ...(message.parentId === undefined ? {} : { parentId: String(message.parentId) }),
    reactions: [...message.reactions],
  };
  return {
    id: String(message.id),
    room: message.receiverType === 'group' ? message.receiver : message.conversationId,
    author: {
      id: author.uid,
      name: author.name,
      ...(author.avatar === undefined ? {} : { avatarUrl: author.avatar }),
      isBot: author.uid === systemUid,
    },
    text: textOf(message.data),
    source,
    sentAt: message.sentAt,
    ...(message.edited ? { editedAt: message.edited.at } : {}),
    deleted: message.deleted !== undefined,
    viaApi: message.viaApi,
  };
}
