import type { Acts } from './acts.ts';
import type { PostInput, ReactInput, SimFile } from '../types.ts';
import type { CometChatPost, JsonObject, ModerationDecision, StoredMessage } from './model.ts';
import { conversationOf, type NewMessage, type World } from './world.ts';

/** What people of the simulator do with their apps. */
export interface Actors {
  post(message: CometChatPost): StoredMessage;
  edit(change: { readonly room: string; readonly message: string; readonly text: string }): StoredMessage;
  remove(change: { readonly room: string; readonly message: string }): void;
  react(change: ReactInput): void;
  /** The app's moderation, or a person who reviews, decides about a message. */
  moderate(decision: ModerationDecision): void;
  join(change: Membership): void;
  leave(change: Membership): void;
  /** Without action messages. */
  messages(room: string): readonly StoredMessage[];
}

/** Who joins or leaves which group. */
export interface Membership {
  readonly room: string;
  readonly author: string;
}

type Content = Pick<NewMessage, 'category' | 'type' | 'data'>;

function failed(why: string): never {
  throw new Error(why);
}

const typeByKind: Readonly<Record<string, string>> = {
  image: 'image',
  animation: 'image',
  video: 'video',
  'round-video': 'video',
  audio: 'audio',
  voice: 'audio',
};
const typeOf = ({ kind }: SimFile): string => typeByKind[kind] ?? 'file';

/** One message, or one per file where they are not shown together. */
function contents(world: World, post: CometChatPost): readonly Content[] {
  const { text, metadata, custom, files = [], album = true } = post;
  const more = { resource: 'WEB-4_2_0-simulator', ...(metadata === undefined ? {} : { metadata }) };
  const words = text === '' ? {} : { text };
  if (custom !== undefined) return [{ category: 'custom', type: custom.type, data: { ...words, customData: custom.data, ...more } }];
  if (files.length === 0) return [{ category: 'message', type: 'text', data: { text, ...more } }];
  if (album || files.length === 1) return [fileContent(world, files, { ...words, ...more })];
  return files.map((file, index) => fileContent(world, [file], index === 0 ? { ...words, ...more } : more));
}

function fileContent(world: World, files: NonNullable<PostInput['files']>, more: JsonObject): Content {
  const [first] = files;
  if (first?.kind === 'sticker') {
    const customData = { sticker_url: world.files.keep(first), sticker_name: first.name };
    return { category: 'custom', type: 'extension_sticker', data: { ...more, customData } };
  }
  const attachments = files.map((file) => ({
    url: world.files.keep(file),
    name: file.name,
    mimeType: file.mime,
    extension: file.name.split('.').at(-1) ?? '',
    size: file.bytes.length,
  }));
  const types = new Set(files.map(typeOf));
  const [type = 'file'] = types.size === 1 ? types : ['file'];
  return { category: 'message', type, data: { ...more, url: attachments[0]?.url, attachments } };
}

/** Every act throws for ids that are not known. */
export function createActors(world: World, acts: Acts): Actors {
  const messageAt = (at: { readonly message: string }): StoredMessage => {
    const message = world.messages.get(Number(at.message));
    if (!message || message.deleted) throw unknown(`the message ${at.message}`);
    return message;
  };
  const person = (uid: string): string => {
    if (!world.users.has(uid)) throw unknown(`the person ${uid}`);
    return uid;
  };
  return {
    post(post) {
      const { author, replyTo, thread } = post;
      const quoted = replyTo === undefined ? undefined : messageAt({ message: replyTo });
      const root = thread === undefined ? undefined : messageAt({ message: thread });
      const common = {
        sender: person(author),
        ...receiverOf(world, post.room, author),
        viaApi: false,
        ...(quoted === undefined ? {} : { quotedId: quoted.id }),
        ...(root === undefined ? {} : { parentId: root.parentId ?? root.id }),
        ...(post.moderation === undefined ? {} : { moderation: post.moderation }),
      };
      const [first, ...others] = contents(world, post).map((content) => acts.send({ ...common, ...content }));
      return first ?? others[0] ?? failed('nothing was written');
    },
    edit(change) {
      const message = messageAt(change);
      acts.edit(message, { by: message.sender, data: { text: change.text } });
      return message;
    },
    remove(change) {
      const message = messageAt(change);
      acts.remove(message, { by: message.sender, permanent: false });
    },
    react(change) {
      acts.react(messageAt(change), { uid: person(change.author), reaction: change.emoji, on: change.on ?? true });
    },
    moderate: ({ message, status, manual = false }) => acts.moderate(messageAt({ message }), { status, manual }),
    join: ({ room, author }) => void acts.join({ guid: room, uid: person(author), by: author, scope: 'participant' }),
    leave: ({ room, author }) => acts.leave({ guid: room, uid: person(author) }),
    messages: (room) =>
      world.conversation(world.groups.has(room) ? `group_${room}` : room).filter((message) => message.category !== 'action'),
  };
}

function receiverOf(world: World, room: string, author: string): { readonly receiverType: 'user' | 'group'; readonly receiver: string } {
  if (world.groups.has(room)) return { receiverType: 'group', receiver: room };
  if (world.users.has(room)) return { receiverType: 'user', receiver: room };
  const other = room.split('_user_').find((uid) => uid !== author && world.users.has(uid));
  const isConversation = other !== undefined && conversationOf({ receiverType: 'user', receiver: other, sender: author }) === room;
  if (!isConversation) throw unknown(`the room ${room}`);
  return { receiverType: 'user', receiver: other };
}

const unknown = (what: string): Error => new Error(`the simulator does not know ${what}; use an id that it gave or was started with`);
