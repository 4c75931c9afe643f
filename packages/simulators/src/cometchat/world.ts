import type { FileStore } from './files.ts';
import type { CometChatPersonSpec, CometChatRoomSpec, Group, JsonObject, StoredMessage, User } from './model.ts';

/** The sender of what comes through the API without onBehalfOf. */
export const systemUid = 'app_system';

/** Users, groups and messages: what there is, without any API. */
export interface World {
  readonly files: FileStore;
  readonly users: Map<string, User>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly messages: ReadonlyMap<number, StoredMessage>;
  /** Of a conversation, oldest first, action messages included. */
  conversation(id: string): readonly StoredMessage[];
  append(message: NewMessage): StoredMessage;
  /** Ids of reactions count on their own. */
  nextReactionId(): string;
}

/** A message to append. */
export type NewMessage = Omit<StoredMessage, 'id' | 'conversationId' | 'sentAt' | 'reactions'>;

/** Throws for a uid that CometChat cannot have. */
export function createWorld(options: {
  readonly people: readonly CometChatPersonSpec[];
  readonly rooms: readonly CometChatRoomSpec[];
  readonly firstMessageId?: number;
  readonly files: FileStore;
}): World {
  const now = seconds(Date.now());
  const users = new Map<string, User>([
    [systemUid, { uid: systemUid, name: 'System', role: 'default', status: 'offline', createdAt: now }],
  ]);
  for (const person of options.people) users.set(person.id, startingUser(person, now));
  const everybody = options.people.map((person) => person.id);
  const groups = new Map(options.rooms.map((room) => [room.id, startingGroup(room, everybody)]));
  const messages = new Map<number, StoredMessage>();
  const conversations = new Map<string, StoredMessage[]>();
  let lastId = (options.firstMessageId ?? 1) - 1;
  let lastReaction = 0;
  return {
    files: options.files,
    users,
    groups,
    messages,
    conversation: (id) => conversations.get(id) ?? [],
    append(input) {
      lastId += 1;
      const conversationId = conversationOf(input);
      const message: StoredMessage = { ...input, id: lastId, conversationId, sentAt: Date.now(), reactions: [] };
      messages.set(message.id, message);
      const list = conversations.get(conversationId);
      if (list) list.push(message);
      else conversations.set(conversationId, [message]);
      return message;
    },
    nextReactionId: () => String((lastReaction += 1)),
  };
}

function startingUser(person: CometChatPersonSpec, createdAt: number): User {
  if (!isUid(person.id)) throw new Error(`a CometChat uid is 1 to 100 characters of a-z, 0-9, - and _, not "${person.id}"`);
  return {
    uid: person.id,
    name: person.name,
    role: 'default',
    status: 'available',
    createdAt,
    ...(person.avatarUrl === undefined ? {} : { avatar: person.avatarUrl }),
  };
}

function startingGroup(room: CometChatRoomSpec, everybody: readonly string[]): Group {
  const createdAt = seconds(Date.now());
  const members = new Map((room.members ?? everybody).map((uid) => [uid, { scope: 'participant' as const, joinedAt: createdAt }]));
  return { guid: room.id, name: room.name, type: room.type ?? 'public', createdAt, members, banned: new Set() };
}

/** Lower case, as the API makes it. */
export const isUid = (uid: string): boolean => /^[a-z0-9_-]{1,100}$/.test(uid);
/** The API counts in seconds. */
export const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** `group_<guid>`, or both uids in order. */
export function conversationOf(message: Pick<StoredMessage, 'receiverType' | 'receiver' | 'sender'>): string {
  if (message.receiverType === 'group') return `group_${message.receiver}`;
  return [message.sender, message.receiver].sort().join('_user_');
}

/** The files in a message's data, as they were given. */
export function attachmentsOf(data: JsonObject): readonly (JsonObject & { readonly url: string })[] {
  const { attachments } = data;
  return Array.isArray(attachments) ? attachments.filter(hasUrl) : [];
}

const hasUrl = (value: unknown): value is JsonObject & { readonly url: string } =>
  typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string';

/** Text of a message's data; '' where there is none. */
export const textOf = (data: JsonObject): string => (typeof data['text'] === 'string' ? data['text'] : '');
