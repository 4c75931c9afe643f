import type { APIAttachment, APIEmbed, APIMessage } from 'discord-api-types/v10';
import { apiError } from './api-error.ts';
import { intents } from './intents.ts';
import { defaultRules, findMentions, type MentionRule } from './mentions.ts';
import type { ChannelState, MessageAuthor, MessageState, ReferenceState, UserState } from './model.ts';
import { channelJson, emojiJson, type Json, memberJson, messageEventJson, needsContentIntent, userJson, withoutContent } from './render.ts';
import { timeOf } from './snowflake.ts';
import { permits, type World } from './world.ts';

/** An event for those sessions that have one of `intents` (0: all) and see the channel. */
export interface Dispatch {
  readonly event: string;
  readonly intents: number;
  readonly channel?: ChannelState;
  readonly data: Json;
  /** What a session without MESSAGE_CONTENT is sent instead. */
  redacted?(): Json;
}

/** Who is told of what happens. */
export interface Outlet {
  dispatch(dispatch: Dispatch): void;
  changed(kind: 'posted' | 'edited' | 'deleted', message: MessageState): void;
}

/** A message to be. */
export interface NewMessage {
  readonly channel: ChannelState;
  readonly author: MessageAuthor;
  readonly content: string;
  readonly viaApi: boolean;
  readonly embeds?: readonly APIEmbed[];
  readonly attachments?: readonly APIAttachment[];
  readonly flags?: number;
  readonly tts?: boolean;
  readonly type?: number;
  readonly reference?: ReferenceState;
  readonly mentionRule?: MentionRule;
  readonly extra?: Partial<APIMessage>;
  readonly nonce?: string | number;
}

/** What an edit changes; the rest stays. */
export interface MessageChange {
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly attachments?: readonly APIAttachment[];
  readonly flags?: number;
  readonly mentionRule?: MentionRule;
  readonly extra?: Partial<APIMessage>;
}

/** A thread to be, of a message or by itself. */
export interface NewThread {
  readonly channel: ChannelState;
  readonly name: string;
  readonly starter: UserState;
  readonly root?: MessageState;
}

/** HAS_THREAD. */
const hasThread = 1 << 5;
/** SUPPRESS_EMBEDS. */
const suppressEmbeds = 1 << 2;
/** Message types of threads. */
const threadCreated = 18;
export const threadStarter = 21;
/** HAS_SNAPSHOT. */
const hasSnapshot = 1 << 14;
/** Different emoji on one message. */
const maxReactions = 20;

/** Everything that changes messages, whoever asks for it; each change is told to the gateway and to the listeners. */
export class Acts {
  readonly #world: World;
  readonly #outlet: Outlet;

  constructor(world: World, outlet: Outlet) {
    this.#world = world;
    this.#outlet = outlet;
  }

  create(draft: NewMessage): MessageState {
    const { channel } = draft;
    this.#wake(channel);
    const key = this.#world.newId();
    const id = key.toString();
    const message = this.#compose(draft, { id, key });
    channel.messages.push(message);
    channel.lastMessageId = id;
    channel.messageCount += 1;
    this.#world.messages.set(id, message);
    this.#tell('MESSAGE_CREATE', message, draft.nonce);
    this.#outlet.changed('posted', message);
    return message;
  }

  edit(message: MessageState, change: MessageChange): void {
    const { content = message.content, embeds = message.embeds, attachments = message.attachments, flags, extra } = change;
    const rule = change.mentionRule ?? defaultRules[message.author.kind === 'webhook' ? 'webhook' : 'message'];
    if (change.content !== undefined) message.mentions = this.#mentions(content, rule);
    // Two edits never bear the same time: Discord counts microseconds, and by this time an edit is told from a link preview.
    const editedAt = Math.max(Date.now(), (message.editedAt ?? 0) + 1);
    Object.assign(message, { content, embeds, attachments, editedAt });
    if (extra !== undefined) Object.assign(message.extra, extra);
    if (flags !== undefined) message.flags = (message.flags & ~suppressEmbeds) | (flags & suppressEmbeds);
    this.#tell('MESSAGE_UPDATE', message);
    this.#outlet.changed('edited', message);
  }

  /** What Discord does when it has looked at a link: embeds come, and nobody edited anything. */
  unfurl(message: MessageState, embeds: readonly APIEmbed[]): void {
    message.embeds = embeds;
    this.#tell('MESSAGE_UPDATE', message);
  }

  remove(message: MessageState): void {
    this.#forget(message);
    const data = { id: message.id, channel_id: message.channel.id, guild_id: this.#world.guildId };
    this.#outlet.dispatch({ event: 'MESSAGE_DELETE', intents: intents.guildMessages, channel: message.channel, data });
    this.#outlet.changed('deleted', message);
  }

  /** In one event. The messages are of one channel and not deleted yet. */
  removeMany(channel: ChannelState, messages: readonly MessageState[]): void {
    if (messages.length === 0) return;
    for (const message of messages) this.#forget(message);
    const data = { ids: messages.map(({ id }) => id), channel_id: channel.id, guild_id: this.#world.guildId };
    this.#outlet.dispatch({ event: 'MESSAGE_DELETE_BULK', intents: intents.guildMessages, channel, data });
    for (const message of messages) this.#outlet.changed('deleted', message);
  }

  /** `key` is the emoji itself, or `name:id`. @throws {ApiError} 30010 at the 21st emoji */
  react(message: MessageState, user: UserState, key: string): void {
    const users = message.reactions.get(key) ?? new Set();
    if (users.has(user.id)) return;
    if (users.size === 0 && message.reactions.size >= maxReactions) throw apiError('tooManyReactions');
    message.reactions.set(key, users.add(user.id));
    const author = message.author.kind === 'user' ? { message_author_id: message.author.user.id } : {};
    const member = { user: { id: user.id, username: user.username }, ...memberJson(this.#world, user) };
    this.#tellReaction('MESSAGE_REACTION_ADD', message, { ...this.#reaction(message, user, key), member, ...author });
  }

  /** Does nothing when there is no such reaction. */
  unreact(message: MessageState, user: UserState, key: string): void {
    const users = message.reactions.get(key);
    if (users?.delete(user.id) !== true) return;
    if (users.size === 0) message.reactions.delete(key);
    this.#tellReaction('MESSAGE_REACTION_REMOVE', message, this.#reaction(message, user, key));
  }

  /** All reactions, or all with one emoji. */
  clearReactions(message: MessageState, key?: string): void {
    const place = { channel_id: message.channel.id, message_id: message.id, guild_id: this.#world.guildId };
    if (key === undefined) message.reactions.clear();
    else message.reactions.delete(key);
    if (key === undefined) this.#tellReaction('MESSAGE_REACTION_REMOVE_ALL', message, place);
    else this.#tellReaction('MESSAGE_REACTION_REMOVE_EMOJI', message, { ...place, emoji: emojiJson(key) });
  }

  /** A thread has the id of the message that it began with; one without is announced by a message of its channel. */
  startThread({ channel, name, starter, root }: NewThread): ChannelState {
    const thread: ChannelState = {
      id: root?.id ?? this.#world.newId().toString(),
      name,
      position: 0,
      parent: channel,
      grown: true,
      archived: false,
      locked: false,
      denied: new Set(),
      messages: [],
      lastMessageId: null,
      messageCount: 0,
    };
    this.#world.channels.set(thread.id, thread);
    const data = { ...channelJson(this.#world, thread), newly_created: true };
    this.#outlet.dispatch({ event: 'THREAD_CREATE', intents: intents.guilds, channel, data });
    const author: MessageAuthor = { kind: 'user', user: starter };
    if (root === undefined) {
      this.create({ channel, author, content: name, viaApi: false, type: threadCreated, reference: { type: 0, channelId: thread.id } });
      return thread;
    }
    root.flags |= hasThread;
    this.#tell('MESSAGE_UPDATE', root);
    const reference = { type: 0, channelId: channel.id, messageId: root.id } as const;
    this.create({ channel: thread, author, content: '', viaApi: false, type: threadStarter, reference });
    return thread;
  }

  typing(channel: ChannelState, user: UserState): void {
    const data = {
      channel_id: channel.id,
      guild_id: this.#world.guildId,
      user_id: user.id,
      timestamp: Math.floor(Date.now() / 1000),
      member: { user: userJson(user), ...memberJson(this.#world, user) },
    };
    this.#outlet.dispatch({ event: 'TYPING_START', intents: intents.guildMessageTyping, channel, data });
  }

  archive(thread: ChannelState): void {
    thread.archived = true;
    this.channelChanged(thread);
  }

  channelChanged(channel: ChannelState): void {
    const event = channel.parent === undefined ? 'CHANNEL_UPDATE' : 'THREAD_UPDATE';
    this.#outlet.dispatch({ event, intents: intents.guilds, data: channelJson(this.#world, channel) });
  }

  webhooksChanged(channel: ChannelState): void {
    const data = { channel_id: channel.id, guild_id: this.#world.guildId };
    this.#outlet.dispatch({ event: 'WEBHOOKS_UPDATE', intents: intents.guildWebhooks, channel, data });
  }

  #compose(draft: NewMessage, ids: { readonly id: string; readonly key: bigint }): MessageState {
    const { channel, author, content, viaApi, reference } = draft;
    const rule = draft.mentionRule ?? defaultRules[author.kind === 'webhook' ? 'webhook' : 'message'];
    return {
      ...ids,
      channel,
      author,
      content,
      viaApi,
      type: draft.type ?? (reference?.type === 0 ? 19 : 0),
      sentAt: timeOf(ids.id),
      reference,
      tts: draft.tts ?? false,
      embeds: draft.embeds ?? [],
      attachments: draft.attachments ?? [],
      flags: (draft.flags ?? 0) | (reference?.type === 1 ? hasSnapshot : 0),
      mentions: this.#mentions(content, rule, reference),
      editedAt: undefined,
      deleted: false,
      reactions: new Map(),
      extra: { ...draft.extra, ...this.#snapshot(reference) },
    };
  }

  /** A forward carries what was forwarded, without its author. */
  #snapshot(reference: ReferenceState | undefined): object {
    const target = reference?.type === 1 ? this.#world.messages.get(reference.messageId ?? '') : undefined;
    if (target === undefined) return {};
    const { content, embeds, attachments, timestamp, edited_timestamp, flags, mentions, mention_roles, type, components } =
      messageEventJson(this.#world, target);
    const message = { content, embeds, attachments, timestamp, edited_timestamp, flags, mentions, mention_roles, type, components };
    return { message_snapshots: [{ message }] };
  }

  #mentions(content: string, rule: MentionRule, reference?: ReferenceState): MessageState['mentions'] {
    const target = reference?.type === 0 ? this.#world.messages.get(reference.messageId ?? '') : undefined;
    const repliedTo = target?.author.kind === 'user' ? target.author.user.id : undefined;
    const known = (id: string): boolean => this.#world.users.has(id);
    return findMentions(content, { rule, known, ...(repliedTo === undefined ? {} : { repliedTo }) });
  }

  /** A message brings an archived thread back. */
  #wake(channel: ChannelState): void {
    if (!channel.archived) return;
    channel.archived = false;
    this.channelChanged(channel);
  }

  #forget(message: MessageState): void {
    message.deleted = true;
    message.channel.messageCount -= 1;
  }

  #tell(event: string, message: MessageState, nonce?: string | number): void {
    const data = messageEventJson(this.#world, message, nonce);
    const redacted = needsContentIntent(this.#world, message) ? { redacted: () => withoutContent(data) } : {};
    this.#outlet.dispatch({ event, intents: intents.guildMessages, channel: message.channel, data, ...redacted });
  }

  #reaction(message: MessageState, user: UserState, key: string): Json {
    const place = { user_id: user.id, channel_id: message.channel.id, message_id: message.id, guild_id: this.#world.guildId };
    return { ...place, emoji: emojiJson(key), burst: false, type: 0 };
  }

  #tellReaction(event: string, message: MessageState, data: Json): void {
    this.#outlet.dispatch({ event, intents: intents.guildMessageReactions, channel: message.channel, data });
    this.#outlet.changed('edited', message);
  }
}

/** Whether the bot is told what happens there. */
export const isVisible = (channel: ChannelState | undefined): boolean => channel === undefined || permits(channel, 'VIEW_CHANNEL');
