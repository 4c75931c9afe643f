import type { APIAttachment, APIEmbed, APIMessage } from 'discord-api-types/v10';
import type { Acts, NewMessage } from './acts.ts';
import type { ChannelState, MessageState, UserState, WebhookState } from './model.ts';
import { emojiKey } from './routes-reactions.ts';
import { addWebhook } from './routes-webhooks.ts';
import type { World } from './world.ts';

/** What a person writes. `room` is a channel or a thread. */
export interface DiscordPost {
  readonly room: string;
  readonly author: string;
  /** As it would be sent: Markdown, mentions as `<@id>`. */
  readonly text: string;
  /** The message replied to, in the same room. */
  readonly replyTo?: string;
  /** The message forwarded, of any room. */
  readonly forward?: string;
  /** A message type of the API, such as 7 for a join; text and replies need none. */
  readonly type?: number;
  readonly embeds?: readonly APIEmbed[];
  readonly attachments?: readonly APIAttachment[];
  /** Further fields of the message object, such as `sticker_items` or `poll`. */
  readonly extra?: Partial<APIMessage>;
}

/** A message in a room. */
export interface MessageRef {
  readonly room: string;
  readonly message: string;
}

/** What people do in the guild, without the API. All throw a TypeError that names what is unknown. */
export class Actors {
  readonly #world: World;
  readonly #acts: Acts;

  constructor(world: World, acts: Acts) {
    this.#world = world;
    this.#acts = acts;
  }

  post(post: DiscordPost): MessageState {
    const channel = this.room(post.room);
    const { type, embeds, attachments, extra } = post;
    const reference = this.#reference(post);
    return this.#acts.create({
      channel,
      author: { kind: 'user', user: this.#person(post.author) },
      content: post.text,
      viaApi: false,
      ...(type === undefined ? {} : { type }),
      ...(embeds === undefined ? {} : { embeds }),
      ...(attachments === undefined ? {} : { attachments }),
      ...(extra === undefined ? {} : { extra }),
      ...reference,
    });
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

  room(id: string): ChannelState {
    const channel = this.#world.channels.get(id);
    if (channel === undefined) throw new TypeError(`there is no room ${id}; give it, or its channel with it as a thread, among rooms`);
    return channel;
  }

  message(ref: MessageRef): MessageState {
    const message = this.#world.messages.get(ref.message);
    if (message === undefined || message.deleted || message.channel.id !== ref.room)
      throw new TypeError(`there is no message ${ref.message} in ${ref.room}; take an id from messages(), and not of a deleted one`);
    return message;
  }

  #person(id: string): UserState {
    const user = this.#world.users.get(id);
    if (user === undefined) throw new TypeError(`there is no person ${id}; give them among people`);
    return user;
  }

  #reference(post: DiscordPost): Pick<NewMessage, 'reference'> {
    if (post.replyTo !== undefined) {
      this.message({ room: post.room, message: post.replyTo });
      return { reference: { type: 0, channelId: post.room, messageId: post.replyTo } };
    }
    if (post.forward === undefined) return {};
    const target = this.#world.messages.get(post.forward);
    if (target === undefined) throw new TypeError(`there is no message ${post.forward} to forward`);
    return { reference: { type: 1, channelId: target.channel.id, messageId: target.id } };
  }
}
