import type { SimMessage, SimShownFile } from '../types.ts';
import type { CometChatSource, Group, Reaction, StoredMessage, User } from './model.ts';
import { attachmentsOf, seconds, systemUid, textOf, type World } from './world.ts';

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
    ...quoted(world, message),
    ...(options.withTags === true && message.tags ? { tags: message.tags } : {}),
    sentAt: seconds(message.sentAt),
    ...(edited ? { editedAt: seconds(edited.at), editedBy: edited.by } : {}),
    ...(deleted ? { deletedAt: seconds(deleted.at), deletedBy: deleted.by } : {}),
    updatedAt: seconds(updatedAt),
  };
}

/** The quoted message comes whole, but for what that one quotes. */
function quoted(world: World, { quotedId }: StoredMessage): object {
  const message = quotedId === undefined ? undefined : world.messages.get(quotedId);
  if (message === undefined) return {};
  const { quotedMessage: _deeper, ...whole } = apiMessage(world, message);
  return { quotedMessageId: String(message.id), quotedMessage: whole };
}

/** A deleted message keeps its parties and loses its content. */
function contentData(world: World, message: StoredMessage): object {
  const entities = { sender: userEntity(world, message.sender), receiver: receiverEntity(world, message) };
  if (message.deleted) return { entities };
  const reactions = countReactions(message.reactions);
  const { moderation } = message;
  return {
    ...message.data,
    ...filesIn(world, message),
    ...(reactions.length > 0 ? { reactions } : {}),
    ...(moderation === undefined ? {} : { moderation: { status: moderation } }),
    entities,
  };
}

/** Files with the addresses at which they can be got now. */
function filesIn({ files }: World, { data }: StoredMessage): object {
  const attachments = attachmentsOf(data).map((file) => ({ ...file, url: files.shown(file.url) }));
  if (attachments.length === 0) return {};
  return { attachments, ...(data['url'] === undefined ? {} : { url: attachments[0]?.url }) };
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
    ...(message.quotedId === undefined ? {} : { quotedMessageId: String(message.quotedId) }),
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
    files: message.deleted ? [] : shownFiles(world, message),
    ...(message.quotedId === undefined ? {} : { replyTo: String(message.quotedId) }),
    ...(message.parentId === undefined ? {} : { thread: String(message.parentId) }),
    reactions: message.reactions.map(({ reaction, uid }) => ({ emoji: reaction, by: uid })),
  };
}

/** `size` and `sha256` of a file elsewhere are known once it was loaded: `''` until then, and where it cannot be had. */
function shownFiles({ files }: World, { data, type }: StoredMessage): SimShownFile[] {
  const sticker = stickerIn(data);
  const attachments = sticker === undefined ? attachmentsOf(data) : [sticker];
  return attachments.map((file) => {
    const word = (name: string): string => (typeof file[name] === 'string' ? file[name] : '');
    const seen = files.seen(file.url);
    return {
      kind: sticker === undefined ? type : 'sticker',
      name: word('name'),
      mime: word('mimeType'),
      size: seen?.size ?? (Number(file['size']) || 0),
      sha256: seen?.sha256 ?? '',
      url: files.shown(file.url),
    };
  });
}

function stickerIn(data: StoredMessage['data']): { readonly url: string; readonly [name: string]: unknown } | undefined {
  const { customData } = data;
  if (typeof customData !== 'object' || customData === null || !('sticker_url' in customData)) return undefined;
  const name = 'sticker_name' in customData ? customData.sticker_name : '';
  return { url: String(customData.sticker_url), name, mimeType: 'image/webp' };
}
