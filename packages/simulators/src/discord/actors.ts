import type { APIAttachment, APIEmbed, APIMessage } from 'discord-api-types/v10';
import type { PostInput, SimFile } from '../types.ts';
import { type Acts, type NewMessage, threadStarter } from './acts.ts';
import type { Attachments } from './attachments.ts';
import type { ChannelState, MessageState, UserState, WebhookState } from './model.ts';
import { roomOf } from './render.ts';
import { emojiKey } from './routes-reactions.ts';
import { addWebhook } from './routes-webhooks.ts';
import type { World } from './world.ts';

/**
 * What a person writes. `room` is a channel or a thread; `text` as it would be sent: Markdown, mentions as `<@id>`. Several files
 * are one message, but stickers, which people send alone. `thread` is started where the message has none yet.
 */
export interface DiscordPost extends PostInput {
  /** The message forwarded, of any room. */
  readonly forward?: string;
  /** A message type of the API, such as 7 for a join; text and replies need none. */
  readonly type?: number;
  readonly embeds?: readonly APIEmbed[];
  readonly attachments?: readonly APIAttachment[];
  /** Further fields of the message object, such as `sticker_items` or `poll`. */
  readonly extra?: Partial<APIMessage>;
}

/** A thread that a person starts: of a message, or by itself. */
export interface ThreadStart {
  readonly room: string;
  readonly author: string;
  readonly name: string;
  readonly message?: string;
}

/** IS_VOICE_MESSAGE. */
const isVoice = 1 << 13;

/** PNG, APNG, Lottie or GIF. Source: API reference, "Sticker Format Types". */
const formatOf = (mime: string): 1 | 2 | 3 | 4 =>
  mime === 'image/gif' ? 4 : mime === 'application/json' ? 3 : mime === 'image/apng' ? 2 : 1;

/** A message in a room. */
export interface MessageRef {
  readonly room: string;
  readonly message: string;
}

/** What people do in the guild, without the API. All throw a TypeError that names what is unknown. */
export class Actors {
  readonly #world: World;
  readonly #acts: Acts;
  readonly #attachments: Attachments;

  constructor(world: World, acts: Acts, attachments: Attachments) {
    this.#world = world;
    this.#acts = acts;
    this.#attachments = attachments;
  }

  type({ room, author }: { readonly room: string; readonly author: string }): void {
    this.#acts.typing(this.room(room), this.#person(author));
  }

  post(post: DiscordPost): MessageState {
    const author = this.#person(post.author);
    const channel = this.#placeOf(post, author);
    const { type, embeds, files = [] } = post;
    const stickers = files.filter(({ kind }) => kind === 'sticker');
    const others = files.filter(({ kind }) => kind !== 'sticker');
    const attachments = [...(post.attachments ?? []), ...this.#attachments.keep(channel, others)];
    const extra = { ...post.extra, ...this.#stickers(stickers) };
    return this.#acts.create({
      channel,
      author: { kind: 'user', user: author },
      content: post.text,
      viaApi: false,
      extra,
      attachments,
      ...(others.length > 0 && others.every(({ kind }) => kind === 'voice') ? { flags: isVoice } : {}),
      ...(type === undefined ? {} : { type }),
      ...(embeds === undefined ? {} : { embeds }),
      ...this.#reference(post, channel),
    });
  }

  #placeOf({ room, thread }: DiscordPost, author: UserState): ChannelState {
    const channel = this.room(room);
    if (thread === undefined) return channel;
    const grown = this.#world.channels.get(thread);
    if (grown !== undefined) return grown;
    return this.startThread({ room, author: author.id, message: thread, name: 'Thread' });
  }

  startThread({ room, message, name, author }: ThreadStart): ChannelState {
    const channel = this.room(room);
    const root = message === undefined ? {} : { root: this.message({ room, message }) };
    return this.#acts.startThread({ channel, name, starter: this.#person(author), ...root });
  }

  #stickers(files: readonly SimFile[]): Partial<APIMessage> {
    if (files.length === 0) return {};
    const items = files.map((file) => ({ id: this.#attachments.addSticker(file), name: file.name, format_type: formatOf(file.mime) }));
    return { sticker_items: items };
  }

  edit(change: MessageRef & { readonly text: string }): MessageState {
    const message = this.message(change);
    this.#acts.edit(message, { content: change.text });
    return message;
  }

  remove(ref: MessageRef): void {
    this.#acts.remove(this.message(ref));
  }

  removeMany(room: string, ids: readonly string[]): void {
    this.#acts.removeMany(
      this.room(room),
      ids.map((message) => this.message({ room, message })),
    );
  }

  react(reaction: MessageRef & { readonly author: string; readonly emoji: string; readonly on?: boolean }): void {
    const user = this.#person(reaction.author);
    const key = emojiKey(encodeURIComponent(reaction.emoji));
    if (reaction.on === false) this.#acts.unreact(this.message(reaction), user, key);
    else this.#acts.react(this.message(reaction), user, key);
  }

  clearReactions({ emoji, ...ref }: MessageRef & { readonly emoji?: string }): void {
    this.#acts.clearReactions(this.message(ref), emoji === undefined ? undefined : emojiKey(encodeURIComponent(emoji)));
  }

  addWebhook(room: string, name: string, applicationId: string | null): WebhookState {
    const channel = this.room(room);
    const creator = [...this.#world.users.values()].find(({ bot }) => !bot) ?? this.#world.bot;
    const webhook = addWebhook(this.#world, { name, avatar: null, channel, applicationId, creator });
    this.#acts.webhooksChanged(channel);
    return webhook;
  }

  deleteWebhook(id: string): void {
    const webhook = this.#world.webhooks.get(id);
    if (webhook === undefined) throw new TypeError(`there is no webhook ${id}; see the simulator's webhooks`);
    this.#world.webhooks.delete(id);
    this.#acts.webhooksChanged(webhook.channel);
  }

  /** In a channel, its threads that began here included, in the order it was said. */
  said(room: string): readonly MessageState[] {
    const channel = this.room(room);
    const threads = [...this.#world.channels.values()].filter((one) => one.grown && one.parent === channel);
    if (threads.length === 0) return channel.messages.filter(({ type }) => type !== threadStarter);
    return [channel, ...threads]
      .flatMap(({ messages }) => messages)
      .filter(({ type }) => type !== threadStarter)
      .toSorted((one, two) => (one.key < two.key ? -1 : 1));
  }

  room(id: string): ChannelState {
    const channel = this.#world.channels.get(id);
    if (channel === undefined) throw new TypeError(`there is no room ${id}; give it, or its channel with it as a thread, among rooms`);
    return channel;
  }

  message(ref: MessageRef): MessageState {
    const message = this.#world.messages.get(ref.message);
    const isThere = message !== undefined && (message.channel.id === ref.room || roomOf(message.channel).id === ref.room);
    if (message === undefined || message.deleted || !isThere)
      throw new TypeError(`there is no message ${ref.message} in ${ref.room}; take an id from messages(), and not of a deleted one`);
    return message;
  }

  #person(id: string): UserState {
    const user = this.#world.users.get(id);
    if (user === undefined) throw new TypeError(`there is no person ${id}; give them among people`);
    return user;
  }

  #reference(post: DiscordPost, channel: ChannelState): Pick<NewMessage, 'reference'> {
    if (post.replyTo !== undefined) {
      const target = this.message({ room: post.room, message: post.replyTo });
      if (target.channel !== channel) throw new TypeError('a reply is in the same channel or thread as what it replies to');
      return { reference: { type: 0, channelId: channel.id, messageId: post.replyTo } };
    }
    if (post.forward === undefined) return {};
    const target = this.#world.messages.get(post.forward);
    if (target === undefined) throw new TypeError(`there is no message ${post.forward} to forward`);
    return { reference: { type: 1, channelId: target.channel.id, messageId: target.id } };
  }
}
