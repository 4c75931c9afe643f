import type { Acts } from './acts.ts';
import type { StoredMessage, CometChatPost } from './model.ts';
import { conversationOf, type World } from './world.ts';

/** What people of the simulator do with their apps. */
export interface Actors {
  post(message: CometChatPost): StoredMessage;
  edit(change: { readonly room: string; readonly message: string; readonly text: string }): StoredMessage;
  remove(change: { readonly room: string; readonly message: string }): void;
  react(change: {
    readonly room: string;
    readonly message: string;
    readonly author: string;
    readonly reaction: string;
    readonly on?: boolean;
  }): void;
  /** Without action messages. */
  messages(room: string): readonly StoredMessage[];
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
    post({ room, author, text, replyTo, metadata }) {
      const parent = replyTo === undefined ? undefined : messageAt({ message: replyTo });
      return acts.send({
        sender: person(author),
        ...receiverOf(world, room, author),
        category: 'message',
        type: 'text',
        data: { text, resource: 'WEB-4_2_0-simulator', ...(metadata === undefined ? {} : { metadata }) },
        viaApi: false,
        ...(parent === undefined ? {} : { parentId: parent.parentId ?? parent.id }),
      });
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
      acts.react(messageAt(change), { uid: person(change.author), reaction: change.reaction, on: change.on ?? true });
    },
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
