import type { MethodContext } from './method.ts';
import type { ApiUser, ChatState, Entity, StoredMessage, TelegramPost } from './model.ts';
import { apiChat, apiMessage } from './render.ts';
import { formatText } from './text.ts';
import type { UpdateQueue } from './updates.ts';
import type { NewMessage, World } from './world.ts';

/** What people of the simulator do; each act that Telegram tells bots of becomes an update. */
export interface Actors {
  chat(room: string): ChatState;
  post(message: TelegramPost): StoredMessage;
  edit(change: {
    readonly room: string;
    readonly message: string;
    readonly text: string;
    readonly entities?: readonly Entity[];
  }): StoredMessage;
  /** Bots are not told of deletions. */
  remove(change: { readonly room: string; readonly message: string }): void;
  react(change: { readonly room: string; readonly message: string; readonly author: string; readonly emoji: readonly string[] }): void;
  upgrade(room: string): string;
}

/** Parts of the simulator that people act upon. */
export interface ActorsOptions {
  readonly world: World;
  readonly queue: UpdateQueue;
  readonly privacyMode: boolean;
  readonly changed: MethodContext['changed'];
}

/** Every act throws for ids that are not known. */
export function createActors(options: ActorsOptions): Actors {
  return new People(options);
}

class People implements Actors {
  readonly #options: ActorsOptions;

  constructor(options: ActorsOptions) {
    this.#options = options;
  }

  chat(room: string): ChatState {
    return found(this.#options.world.chats.get(Number(room)), `the room ${room}`);
  }

  post({ room, author, text, entities = [], replyTo, topic }: TelegramPost): StoredMessage {
    const target = this.chat(room);
    if (topic !== undefined && !target.topics.has(topic)) throw unknown(`the topic ${topic} in room ${room}`);
    if (replyTo !== undefined) this.#message({ room, message: replyTo });
    return this.#append({
      chat: target,
      author: this.#person(author),
      content: formatText(text, entities),
      ...(topic === undefined ? {} : { threadId: topic }),
      ...(replyTo === undefined ? {} : { replyTo: Number(replyTo) }),
    });
  }

  edit(change: Parameters<Actors['edit']>[0]): StoredMessage {
    const subject = this.#message(change);
    if (subject.deleted) throw unknown(`the message ${change.message}, which was deleted,`);
    subject.content = formatText(change.text, change.entities ?? []);
    subject.editedAt = Date.now();
    this.#options.changed('edited', subject);
    if (!subject.viaApi) this.#tell('edited_message', subject);
    return subject;
  }

  remove(change: Parameters<Actors['remove']>[0]): void {
    const subject = this.#message(change);
    if (subject.deleted) return;
    subject.deleted = true;
    this.#options.changed('deleted', subject);
  }

  react(change: Parameters<Actors['react']>[0]): void {
    const subject = this.#message(change);
    const user = this.#person(change.author);
    const before = subject.reactions.get(user.id) ?? [];
    if (change.emoji.length > 0) subject.reactions.set(user.id, change.emoji);
    else subject.reactions.delete(user.id);
    this.#options.changed('edited', subject);
    if (subject.chat.botStatus !== 'administrator') return;
    tellReaction({ queue: this.#options.queue, subject, user, before, after: change.emoji });
  }

  upgrade(room: string): string {
    const { world } = this.#options;
    const old = this.chat(room);
    const [author = world.bot] = world.people.values();
    const next = world.upgrade(old);
    this.#append({ chat: old, author, content: empty, service: { migrate_to_chat_id: next.id } });
    this.#append({ chat: next, author, content: empty, service: { migrate_from_chat_id: old.id } });
    return String(next.id);
  }

  #message(at: { readonly room: string; readonly message: string }): StoredMessage {
    return found(this.chat(at.room).messages.get(Number(at.message)), `the message ${at.message} in room ${at.room}`);
  }

  #person(id: string): ApiUser {
    return found(this.#options.world.people.get(id), `the person ${id}`);
  }

  #append(input: Omit<NewMessage, 'viaApi'>): StoredMessage {
    const posted = this.#options.world.append({ ...input, viaApi: false });
    if (!posted.service) this.#options.changed('posted', posted);
    this.#tell('message', posted);
    return posted;
  }

  #tell(kind: 'message' | 'edited_message', subject: StoredMessage): void {
    if (isHidden(subject, this.#options)) return;
    const channelKind = kind === 'message' ? 'channel_post' : 'edited_channel_post';
    const lane = String(subject.chat.id);
    this.#options.queue.add({ lane, kind: subject.chat.type === 'channel' ? channelKind : kind, payload: apiMessage(subject) });
  }
}

const empty = { text: '', entities: [] };

/** Chats that the bot is not in; with privacy mode, what in a group is neither a command nor a reply to the bot. */
function isHidden({ chat, content, replyTo, service }: StoredMessage, { privacyMode }: ActorsOptions): boolean {
  if (chat.botStatus === 'kicked' || chat.botStatus === 'left') return true;
  const isGroup = chat.type === 'group' || chat.type === 'supergroup';
  if (!privacyMode || !isGroup || service || chat.botStatus === 'administrator') return false;
  const toBot = replyTo !== undefined && chat.messages.get(replyTo)?.viaApi === true;
  return !toBot && !content.text.startsWith('/');
}

interface ReactionChange {
  readonly queue: UpdateQueue;
  readonly subject: StoredMessage;
  readonly user: ApiUser;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

function tellReaction({ queue, subject, user, before, after }: ReactionChange): void {
  const types = (emoji: readonly string[]): object[] => emoji.map((one) => ({ type: 'emoji', emoji: one }));
  queue.add({
    lane: `reactions:${subject.chat.id}`,
    kind: 'message_reaction',
    payload: {
      chat: apiChat(subject.chat),
      message_id: subject.id,
      user,
      date: Math.floor(Date.now() / 1000),
      old_reaction: types(before),
      new_reaction: types(after),
    },
  });
}

const unknown = (what: string): Error => new Error(`the simulator does not know ${what}; use an id that it gave or was started with`);

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw unknown(what);
  return value;
}
