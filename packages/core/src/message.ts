import { z } from 'zod';
import { showSchema } from './bridge.ts';
import { isJson, isShallowJson } from './depth.ts';
import type { ConversationId, DeliveryId, MessageId, PlatformId, UserId } from './ids.ts';
import type { Block, Body, Inline } from './rich-text.ts';

const brand = <T extends string>() => z.custom<T>((value) => typeof value === 'string' && value.length > 0, 'expected a non-empty id');

const inline: z.ZodType<Inline> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.enum(['bold', 'italic', 'underline', 'strike', 'spoiler']), children: z.array(inline) }),
    z.object({ type: z.literal('code'), text: z.string() }),
    z.object({ type: z.literal('link'), href: z.string(), children: z.array(inline) }),
    z.object({ type: z.literal('mention'), kind: z.enum(['user', 'role', 'channel', 'everyone']), id: z.string(), label: z.string() }),
    z.object({ type: z.literal('custom-emoji'), id: z.string(), name: z.string() }),
    z.object({ type: z.literal('timestamp'), unix: z.number() }),
  ]),
);

const block: z.ZodType<Block> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('paragraph'), children: z.array(inline) }),
    z.object({ type: z.literal('heading'), level: z.union([z.literal(1), z.literal(2), z.literal(3)]), children: z.array(inline) }),
    z.object({ type: z.literal('quote'), children: z.array(block) }),
    z.object({ type: z.literal('code-block'), text: z.string(), language: z.string().exactOptional() }),
    z.object({ type: z.literal('list'), ordered: z.boolean(), start: z.number(), items: z.array(z.array(block)) }),
  ]),
);

// Zod recurses, and 5,000 levels of nesting would end it in a stack overflow instead of an answer: depth is asked first.
const shallow = z.custom<unknown>(isShallowJson, 'nested too deeply, or not JSON; apply limitDepth to the body first');
const json = z.custom<z.core.util.JSONType>(isJson, 'not JSON, or nested too deeply');

/** Rejects, and never overflows the stack on, whatever is not a body of bounded depth. */
export const bodySchema: z.ZodType<Body> = shallow.pipe(z.array(block));

/** What a file is to the people who see it; decides how a target shows it. */
export const attachmentKinds = ['image', 'video', 'animation', 'audio', 'voice', 'round-video', 'sticker', 'file'] as const;
export type AttachmentKind = (typeof attachmentKinds)[number];

/** The same for every kind, to begin a table with. */
export const everyKind = <T>(value: T): Readonly<Record<AttachmentKind, T>> => ({
  image: value,
  video: value,
  animation: value,
  audio: value,
  voice: value,
  'round-video': value,
  sticker: value,
  file: value,
});

const attachmentSchema = z.object({
  kind: z.enum(attachmentKinds),
  name: z.string(),
  /** Opened by the platform that minted it, at send time. Never a URL that carries a credential. */
  handle: z.string(),
  mime: z.string().exactOptional(),
  /** Size in bytes, where the source tells it. */
  bytes: z.number().exactOptional(),
  /** A description for those who do not see it; a sticker's emoji. */
  alt: z.string().exactOptional(),
});
export type Attachment = z.infer<typeof attachmentSchema>;

const authorSchema = z.object({
  id: brand<UserId>(),
  /** The handle or user name. */
  name: z.string(),
  /** What people see; equals `name` where a platform has only one. */
  displayName: z.string(),
  isBot: z.boolean(),
  /** A lasting public URL without a credential. */
  avatar: z.string().exactOptional(),
  /** Opened by the author's platform (`openMedia`) where there is no such URL; becomes a signed `/media` link. */
  avatarHandle: z.string().exactOptional(),
});
export type Author = z.infer<typeof authorSchema>;

const quoteSchema = z.object({
  message: brand<MessageId>(),
  /** Display name of the author replied to. */
  author: z.string().exactOptional(),
  /** The beginning of what was replied to, as plain text. */
  excerpt: z.string().exactOptional(),
});
export type Quote = z.infer<typeof quoteSchema>;

const base = {
  v: z.literal(1),
  /** `<platform>_<message id>`. */
  id: z.string(),
  source: brand<PlatformId>(),
  message: brand<MessageId>(),
  /** Unique per event of a platform (update id, snowflake…); what deduplication goes by. */
  eventKey: z.string().min(1),
  /** For edits, deletes and reactions: who did that, which need not be the message's author. */
  author: authorSchema,
  channel: z.object({
    /** The member's conversation, as in bridges.yaml. */
    id: brand<ConversationId>(),
    name: z.string(),
    type: z.enum(['group', 'direct', 'channel', 'thread', 'topic']),
    /** For a thread: the conversation that it hangs on, which may be the bridged one. */
    parent: brand<ConversationId>().exactOptional(),
  }),
  /** ISO 8601, when it happened at the source. */
  timestamp: z.iso.datetime(),
  platform: z.object({ messageUrl: z.string().exactOptional() }),
  content: z.object({
    /** The body as plain text, for people and tools that read jobs. */
    text: z.string(),
    attachments: z.array(attachmentSchema),
    metadata: z.record(z.string(), json),
    body: bodySchema,
    /** Words of `contentKinds`; absent for plain text and files. Open, since a worker may be older than the one that wrote it. */
    kinds: z.array(z.string()).exactOptional(),
  }),
  replyTo: quoteSchema.exactOptional(),
  /** The thread that the message is in, by the message that the thread began with, in the same or the parent conversation. */
  thread: z.object({ root: brand<MessageId>(), name: z.string().exactOptional() }).exactOptional(),
};

/**
 * The standard message: what every platform's payload becomes, and what travels in the outbound queues.
 * Deletes and reactions have an empty `content`.
 */
export const eventSchema = z.discriminatedUnion('type', [
  z.object({
    ...base,
    type: z.literal('message.created'),
    /** What arrived as several messages and is one to people: set by the platform, and gathered before routing. */
    album: z.string().exactOptional(),
    /** The further messages that were gathered into this one, in order. */
    parts: z.array(brand<MessageId>()).exactOptional(),
    /** Nobody wrote it: `membership` tells who joined or left, `event` anything else that happened in the room. */
    notice: z.enum(['membership', 'event']).exactOptional(),
  }),
  /** `revision` differs between two edits of the same message. */
  z.object({ ...base, type: z.literal('message.edited'), revision: z.string() }),
  z.object({ ...base, type: z.literal('message.deleted') }),
  /** `emoji` is a Unicode emoji, or a custom emoji's name in colons. */
  z.object({ ...base, type: z.literal('reaction.added'), emoji: z.string() }),
  z.object({ ...base, type: z.literal('reaction.removed'), emoji: z.string() }),
]);
export type BridgeEvent = z.infer<typeof eventSchema>;
export type EventType = BridgeEvent['type'];
export type Content = BridgeEvent['content'];
export type Channel = BridgeEvent['channel'];

/** W3C Trace Context: the span that put it on the queue; only where traces are recorded. */
const traceparent = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);

/**
 * What ingress and gateway put on the inbound queue: the platform's own event, untouched, with just enough read
 * from it to keep order (`conversation`) and to recognise a second copy (`eventKey`).
 */
export const inboundSchema = z.object({
  v: z.literal(1),
  platform: brand<PlatformId>(),
  /** What order is kept within on the way in. Often, but not always, a member's conversation. */
  conversation: brand<ConversationId>(),
  eventKey: z.string().min(1),
  /** Unix milliseconds. */
  receivedAt: z.number(),
  raw: json,
  traceparent: traceparent.exactOptional(),
});
export type InboundEnvelope = z.infer<typeof inboundSchema>;

/** One event for one target: an entry of an outbound queue. */
export const deliverySchema = z.object({
  v: z.literal(1),
  id: z.custom<DeliveryId>((value) => typeof value === 'string' && /^[a-z0-9]{1,20}$/.test(value), 'expected a delivery id'),
  bridge: z.string(),
  platform: brand<PlatformId>(),
  conversation: brand<ConversationId>(),
  /** Unix milliseconds. */
  receivedAt: z.number(),
  routedAt: z.number(),
  /** How it is to look there, where that is not the default. */
  show: showSchema.exactOptional(),
  event: eventSchema,
  traceparent: traceparent.exactOptional(),
});
export type Delivery = z.infer<typeof deliverySchema>;
