import { z } from 'zod';

/**
 * The parts of the Bot API's types that the bridge reads. Tolerant on purpose: a field that is absent, null or of
 * another type than documented is `undefined`, and unknown fields are left alone, so that nothing Telegram adds or
 * changes makes a message fail. Names are Telegram's: https://core.telegram.org/bots/api#available-types
 */
const soft = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const text = soft(z.string());
const number = soft(z.number());
const flag = soft(z.boolean());
/** Entries of the wrong shape are left out, the others stay. */
const list = <T extends z.ZodType>(entry: T) =>
  z
    .array(soft(entry))
    .catch([])
    .transform((entries) => entries.filter((one) => one !== undefined));

/** A person or bot. */
export const userSchema = z.object({ id: z.number(), is_bot: flag, first_name: text, last_name: text, username: text });
/** A parsed `userSchema`. */
export type User = z.infer<typeof userSchema>;

/** A chat of any kind. */
export const chatSchema = z.object({ id: z.number(), type: text, title: text, username: text, first_name: text, last_name: text });
/** A parsed `chatSchema`. */
export type Chat = z.infer<typeof chatSchema>;

/** One piece of formatting; offsets in UTF-16 code units. */
export const entitySchema = z.object({
  type: z.string(),
  offset: z.int().nonnegative(),
  length: z.int().positive(),
  url: text,
  user: soft(userSchema),
  language: text,
  custom_emoji_id: text,
  unix_time: number,
});
/** A parsed `entitySchema`. */
export type Entity = z.infer<typeof entitySchema>;

const file = z.object({
  file_id: z.string(),
  file_unique_id: text,
  file_name: text,
  mime_type: text,
  file_size: number,
  title: text,
  performer: text,
  emoji: text,
  is_animated: flag,
  is_video: flag,
});
/** Any of Telegram’s kinds of files. */
export type File = z.infer<typeof file>;

const location = z.object({ latitude: z.number(), longitude: z.number(), live_period: number });
/** A place. */
export type Location = z.infer<typeof location>;

const origin = z.object({
  sender_user: soft(userSchema),
  sender_user_name: text,
  sender_chat: soft(chatSchema),
  chat: soft(chatSchema),
  author_signature: text,
});
/** Where a forwarded message came from; which field is there depends on its kind. */
export type Origin = z.infer<typeof origin>;

const media = {
  photo: list(file),
  live_photo: soft(file),
  video: soft(file),
  animation: soft(file),
  audio: soft(file),
  voice: soft(file),
  video_note: soft(file),
  document: soft(file),
  sticker: soft(file),
};

/** What a poll, or one of its options, shows beside its words; both have the same kinds. */
const pollMedia = soft(z.object(media));

const shown = {
  location: soft(location),
  venue: soft(z.object({ location, title: text, address: text })),
  contact: soft(z.object({ phone_number: text, first_name: text, last_name: text })),
  poll: soft(
    z.object({
      question: text,
      options: list(z.object({ text, voter_count: number, media: pollMedia })),
      is_closed: flag,
      type: text,
      description: text,
      explanation: text,
      media: pollMedia,
    }),
  ),
  dice: soft(z.object({ emoji: text, value: number })),
  game: soft(z.object({ title: text, description: text, text })),
  story: soft(z.object({ chat: soft(chatSchema) })),
  invoice: soft(z.object({ title: text, description: text, currency: text, total_amount: number })),
  checklist: soft(z.object({ title: text, tasks: list(z.object({ text, completion_date: number })) })),
  paid_media: soft(z.object({ star_count: number })),
  giveaway: soft(z.object({ winner_count: number, prize_description: text })),
  giveaway_winners: soft(z.object({ winner_count: number, prize_description: text, winners: list(userSchema) })),
};

const words = { text, entities: list(entitySchema), caption: text, caption_entities: list(entitySchema) };

/** The files of a block of a rich message. */
export const mediaSchema = z.object({ ...media, voice_note: soft(file) });

const quotedSchema = z.object({
  message_id: z.number(),
  from: soft(userSchema),
  sender_chat: soft(chatSchema),
  author_signature: text,
  ...words,
  ...media,
  ...shown,
  rich_message: soft(z.looseObject({})),
  forum_topic_created: soft(z.object({ name: text })),
});
/** A message that another one refers to; Telegram does not nest them further. */
export type Quoted = z.infer<typeof quotedSchema>;

/** A message of an update. */
export const messageSchema = quotedSchema.extend({
  chat: chatSchema,
  date: number,
  edit_date: number,
  message_thread_id: number,
  is_topic_message: flag,
  is_automatic_forward: flag,
  media_group_id: text,
  migrate_to_chat_id: soft(z.int()),
  migrate_from_chat_id: soft(z.int()),
  forward_origin: soft(origin),
  reply_to_message: soft(quotedSchema),
  external_reply: soft(z.object({ origin: soft(origin) })),
  quote: soft(z.object({ text })),
  reply_to_story: soft(z.looseObject({})),
  via_bot: soft(userSchema),
});
/** A parsed `messageSchema`. */
export type Message = z.infer<typeof messageSchema>;

const reaction = z.object({ type: z.string(), emoji: text, custom_emoji_id: text });
/** One reaction: an emoji, a custom emoji or a paid star. */
export type Reaction = z.infer<typeof reaction>;

/** What one person’s reactions to a message were and are. */
export const reactionsSchema = z.object({
  chat: chatSchema,
  message_id: z.number(),
  user: soft(userSchema),
  actor_chat: soft(chatSchema),
  date: number,
  old_reaction: list(reaction),
  new_reaction: list(reaction),
});
/** A parsed `reactionsSchema`. */
export type Reactions = z.infer<typeof reactionsSchema>;

/** The update kinds that carry a message, in the order in which they are looked for. */
export const messageKinds = ['message', 'edited_message', 'channel_post', 'edited_channel_post'] as const;
/** One of `messageKinds`. */
export type MessageKind = (typeof messageKinds)[number];

/** What to ask Telegram for. `message_reaction` comes only when it is named, and only to an administrator. */
export const allowedUpdates = [...messageKinds, 'message_reaction'] as const;
