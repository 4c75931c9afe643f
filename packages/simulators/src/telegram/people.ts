import type { MethodContext } from './method.ts';
import type { MediaKind, MessageMedia } from './files.ts';
import type { ApiUser, ChatState, Entity, StoredMessage, TelegramPost, TelegramReact } from './model.ts';
import type { SimFile } from '../types.ts';
import { apiChat, apiMessage } from './render.ts';
import { formatCaption, formatText } from './text.ts';
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
  react(change: TelegramReact): void;
  upgrade(room: string): string;
}

/** Parts of the simulator that people act upon. */
export interface ActorsOptions {
  readonly world: World;
  readonly queue: UpdateQueue;
  /** Privacy mode, as it is now. */
  readonly privacy: { readonly on: boolean };
  readonly changed: MethodContext['changed'];
}

/** Every act throws for ids that are not known. */
export function createActors(options: ActorsOptions): Actors {
  return new People(options);
}

class People implements Actors {
  readonly #options: ActorsOptions;
  #nextAlbum = 13_000_000_000_001;

  constructor(options: ActorsOptions) {
    this.#options = options;
  }

  chat(room: string): ChatState {
    return found(this.#options.world.chats.get(Number(room)), `the room ${room}`);
  }

  post(input: TelegramPost): StoredMessage {
    const { text, entities = [], files = [] } = input;
    const place = this.#place(input);
    const [first, ...others] = files;
    if (first === undefined) return this.#append({ ...place, content: formatText(text, entities) });
    // An album is as many messages, of which any may have the caption: here the first.
    const group = others.length > 0 && input.album !== false ? { mediaGroup: String(this.#nextAlbum++) } : {};
    const shown = (file: SimFile): { readonly media: MessageMedia } => ({ media: this.#media(file, input.emoji) });
    const head = this.#append({ ...place, ...group, ...shown(first), content: formatCaption(text, entities) });
    for (const file of others) this.#append({ ...place, ...group, ...shown(file), content: empty });
    return head;
  }

  #place({ room, author, replyTo, thread, topic }: TelegramPost): Pick<NewMessage, 'chat' | 'author' | 'threadId' | 'replyTo'> {
    const chat = this.chat(room);
    const named = topic ?? (thread !== undefined && chat.topics.size > 0 ? Number(thread) : undefined);
    if (named !== undefined && !chat.topics.has(named)) throw unknown(`the topic ${named} in room ${room}`);
    // Outside of forums, a thread is a chain of replies.
    const answered = replyTo ?? (named === undefined ? thread : undefined);
    if (answered !== undefined) this.#message({ room, message: answered });
    return {
      chat,
      author: this.#person(author),
      ...(named === undefined ? {} : { threadId: named }),
      ...(answered === undefined ? {} : { replyTo: Number(answered) }),
    };
  }

  #media(upload: SimFile, emoji: string | undefined): MessageMedia {
    const kind = mediaKinds[upload.kind] ?? 'document';
    const file = this.#options.world.files.keep({ kind, upload });
    return { kind, file, ...(emoji === undefined ? {} : { emoji }) };
  }

  edit(change: Parameters<Actors['edit']>[0]): StoredMessage {
    const subject = this.#message(change);
    if (subject.deleted) throw unknown(`the message ${change.message}, which was deleted,`);
    const format = subject.media === undefined ? formatText : formatCaption;
    subject.content = format(change.text, change.entities ?? []);
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
    const after = reactionsAfter(before, change);
    if (after.length > 0) subject.reactions.set(user.id, after);
    else subject.reactions.delete(user.id);
    this.#options.changed('edited', subject);
    if (subject.chat.botStatus !== 'administrator') return;
    tellReaction({ queue: this.#options.queue, subject, user, before, after });
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

const mediaKinds: Readonly<Record<string, MediaKind>> = {
  image: 'photo',
  video: 'video',
  animation: 'animation',
  audio: 'audio',
  voice: 'voice',
  'round-video': 'video_note',
  sticker: 'sticker',
  file: 'document',
};

/** One emoji more or fewer, or all of them at once. */
function reactionsAfter(before: readonly string[], change: TelegramReact): readonly string[] {
  if (typeof change.emoji !== 'string') return change.emoji;
  const others = before.filter((emoji) => emoji !== change.emoji);
  return 'on' in change && change.on === false ? others : [...others, change.emoji];
}

/** Chats that the bot is not in; with privacy mode, what in a group is neither a command nor a reply to the bot. */
function isHidden({ chat, content, replyTo, service }: StoredMessage, { privacy }: ActorsOptions): boolean {
  if (chat.botStatus === 'kicked' || chat.botStatus === 'left') return true;
  const isGroup = chat.type === 'group' || chat.type === 'supergroup';
  if (!privacy.on || !isGroup || service || chat.botStatus === 'administrator') return false;
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
