import { z } from 'zod';

/** Schemas of what Discord sends, as far as it is read. What is absent, null or of a new shape is left out, never an error. */
const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
/** An id of Discord: a number as text. */
export const snowflake = z.string().regex(/^\d{1,20}$/);
const id = snowflake.optional().catch(undefined);

const maybe = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
/** An array of which only the entries that are understood are kept; at most 100, which is more than Discord allows anywhere. */
const list = <T>(schema: z.ZodType<T>) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((items) =>
      items.slice(0, 100).flatMap((item) => {
        const result = schema.safeParse(item);
        return result.success ? [result.data] : [];
      }),
    );

const user = z.object({ id: snowflake, username: text, global_name: text, bot: flag, avatar: text });
/** Who wrote or was mentioned. */
export type User = z.infer<typeof user>;
const guildMember = z.object({ nick: text, avatar: text, user: maybe(user) });

const attachment = z.object({
  id: snowflake,
  filename: text,
  title: text,
  description: text,
  content_type: text,
  size: number,
  url: text,
  duration_secs: number,
});
/** A file of a message. */
export type DiscordAttachment = z.infer<typeof attachment>;

const embedMedia = maybe(z.object({ url: text }));
const embed = z.object({
  type: text,
  title: text,
  description: text,
  url: text,
  author: maybe(z.object({ name: text })),
  footer: maybe(z.object({ text })),
  image: embedMedia,
  video: embedMedia,
  fields: list(z.object({ name: text, value: text })),
});
/** A card below a message: written by a bot, or the preview of a link. */
export type Embed = z.infer<typeof embed>;

const sticker = z.object({ id: snowflake, name: text, format_type: number });
/** A sticker sent with a message. */
export type Sticker = z.infer<typeof sticker>;

const emoji = z.object({ id, name: text });
/** A Unicode emoji, which has no id, or one of a server. */
export type Emoji = z.infer<typeof emoji>;
const pollMedia = maybe(z.object({ text, emoji: maybe(emoji) }));
const poll = z.object({ question: pollMedia, answers: list(z.object({ poll_media: pollMedia })), allow_multiselect: flag });
/** A poll in a message. */
export type Poll = z.infer<typeof poll>;

/** What a message says, be it itself, one replied to or one forwarded. */
const content = {
  content: text,
  flags: number,
  timestamp: text,
  mentions: list(user.extend({ member: maybe(guildMember) })),
  mention_channels: list(z.object({ id: snowflake, name: text })),
  attachments: list(attachment),
  embeds: list(embed),
  sticker_items: list(sticker),
  poll: maybe(poll),
  components: z.unknown().optional(),
};
const snapshot = z.object({ message: z.object(content) });
/** `content` of a message, of one replied to or of one forwarded. */
export type MessageContent = z.infer<typeof snapshot>['message'];

const inner = z.object({ ...content, id: snowflake, channel_id: id, author: maybe(user), member: maybe(guildMember), webhook_id: id });

/** What tells whose message it is. */
export const ownership = { author: maybe(user), webhook_id: id, application_id: id };

/** MESSAGE_CREATE and MESSAGE_UPDATE. */
export const messageSchema = z.object({
  ...content,
  id: snowflake,
  channel_id: snowflake,
  guild_id: id,
  ...ownership,
  member: maybe(guildMember),
  type: z.number().catch(0),
  edited_timestamp: text,
  message_reference: maybe(z.object({ type: number, message_id: id, channel_id: id })),
  referenced_message: maybe(inner),
  message_snapshots: list(snapshot),
});
/** `messageSchema`, parsed. */
export type Message = z.infer<typeof messageSchema>;

/** MESSAGE_DELETE. */
export const deleteSchema = z.object({ id: snowflake, channel_id: snowflake, guild_id: id });
/** MESSAGE_DELETE_BULK. */
export const bulkDeleteSchema = z.object({
  ids: z.array(z.unknown()).transform((ids) => ids.filter((one) => snowflake.safeParse(one).success).map(String)),
  channel_id: snowflake,
  guild_id: id,
});
/** MESSAGE_REACTION_ADD and MESSAGE_REACTION_REMOVE; only the first says who the member is. */
export const reactionSchema = z.object({
  user_id: snowflake,
  channel_id: snowflake,
  message_id: snowflake,
  guild_id: id,
  member: maybe(guildMember),
  emoji,
});

/** TYPING_START; in servers it says who the member is. */
export const typingSchema = z.object({ channel_id: snowflake, user_id: snowflake, member: guildMember });

/** MESSAGE_REACTION_REMOVE_ALL and MESSAGE_REACTION_REMOVE_EMOJI. */
export const clearedSchema = z.object({ channel_id: snowflake, message_id: snowflake, guild_id: id, emoji: maybe(emoji) });

const names = z.record(z.string(), z.string()).optional().catch(undefined);
/** A gateway event as it travels: Discord's `t` and `d`, with what only the gateway knows. */
export const rawSchema = z.object({
  t: z.string(),
  d: z.unknown(),
  /** Unix milliseconds at which it was received; the time of events that carry none. */
  at: number,
  channel: maybe(z.object({ name: z.string(), thread: z.boolean(), parent: id, post: flag })),
  /** Names of the channels and roles that the content mentions, by id. */
  channels: names,
  roles: names,
});
/** Where a message is: `parent` is the channel that a thread hangs on, `post` says that it is one of a forum. */
export type RawChannel = NonNullable<Raw['channel']>;
/** `rawSchema`, parsed. */
export type Raw = z.infer<typeof rawSchema>;
