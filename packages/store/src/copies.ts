import {
  conversationId,
  type ConversationId,
  type ConversationRef,
  type Copy,
  messageId,
  type MessageId,
  type MessageRef,
  type PlatformId,
} from '@bridge/core';
import type { Keys } from '@bridge/queue';
import type { ChainableCommander, Redis } from 'ioredis';
import { z } from 'zod';
import { id, readJson } from './json.ts';

/** One message as it was carried to one conversation. */
export interface CopyRecord {
  readonly source: MessageRef;
  readonly bridge: string;
  readonly target: ConversationRef;
  /** Every message that shows it there, in order: a long text is several; none once they are deleted. Replaces what was recorded before. */
  readonly copies: readonly Copy[];
  /** Further messages that the source consists of (an album's parts): what is done to them finds the same copies. */
  readonly parts?: readonly MessageId[];
}

/** Which message is a copy of which, so that an edit, a delete or a reply finds its message after any restart. */
export interface Copies {
  /** Adds the record to the transaction that settles the delivery. */
  record(transaction: ChainableCommander, copy: CopyRecord): void;
  /**
   * Adds to the transaction where a message lives, for platforms whose changes name the message alone: what is done to it
   * may come before any copy of it is there.
   */
  place(transaction: ChainableCommander, message: MessageRef): void;
  /** Adds to the transaction which thread, by the message that it began with, a message is in. */
  threaded(transaction: ChainableCommander, message: MessageRef, root: MessageId): void;
  /** What the thread began with that this message, or the one that it is a copy of, is in; undefined for what is in none. */
  threadOf(message: MessageRef): Promise<MessageRef | undefined>;
  /**
   * What shows `message` in `target`. Works from every side: for a copy, its source and the source's other copies are found.
   * Empty when nothing was carried there, or it was too long ago.
   */
  copiesOf(message: MessageRef, target: ConversationRef): Promise<readonly Copy[]>;
  /** Whether `original`, which is no copy itself, was ever carried to `target`, also when every copy is deleted by now. */
  wereIn(original: MessageRef, target: ConversationRef): Promise<boolean>;
  isCopy(message: MessageRef): Promise<boolean>;
  /** Whether it is a copy, or has copies, as far as has been written down. */
  knows(message: MessageRef): Promise<boolean>;
  /** The message that this one is a copy or a part of; itself when it is neither. */
  originalOf(message: MessageRef): Promise<MessageRef>;
  /** Where a message lives, for platforms whose changes name the message alone. */
  conversationOf(platform: PlatformId, message: MessageId): Promise<ConversationId | undefined>;
  /** The part of a conversation that a message is in, for changes that name only the whole (`Platform.containerOf`). */
  partOf(message: MessageRef): Promise<ConversationId | undefined>;
}

/** How long a message stays known unless configured otherwise. */
export const defaultCopiesTtlSeconds = 30 * 24 * 3_600;

const sourceSchema = z.object({
  platform: id<PlatformId>(),
  conversation: id<ConversationId>(),
  message: id<MessageId>(),
  bridge: z.string(),
});
// Ids alone are what version 0.1.0 wrote.
const copySchema = z.union([
  z.object({ message: id<MessageId>(), shows: z.enum(['text', 'caption', 'file']) }),
  id<MessageId>().transform((message): Copy => ({ message, shows: 'text' })),
]);
const copiesSchema = z.array(copySchema);

/** Where copies are kept, and for how long. */
export interface CopiesOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Platforms whose changes name a message without its conversation, where its id must be unique by itself; all by default. */
  readonly placeless?: ReadonlySet<PlatformId>;
  /** `Platform.containerOf` of a conversation's platform. */
  readonly containerOf?: (ref: ConversationRef) => ConversationId;
  readonly ttlSeconds?: number;
}

const within = (container: ConversationId, message: MessageId): MessageId => messageId(`${container}/${message}`);

/** Which thread a message is in. */
function threads(
  { redis, keys, ttlSeconds }: Required<Pick<CopiesOptions, 'redis' | 'keys' | 'ttlSeconds'>>,
  originalOf: Copies['originalOf'],
): Pick<Copies, 'threaded' | 'threadOf'> {
  return {
    threaded: (transaction, message, root) => void transaction.set(keys.thread(message), root, 'EX', ttlSeconds),
    async threadOf(message) {
      const original = await originalOf(message);
      const root = await redis.get(keys.thread(original));
      return root === null ? undefined : { ...original, message: messageId(root) };
    },
  };
}

/** The copies table in Redis. Reads answer within the connection's command time-out. */
export function createCopies(options: CopiesOptions): Copies {
  const { redis, keys, placeless, containerOf, ttlSeconds = defaultCopiesTtlSeconds } = options;

  const sourceOf = async (message: MessageRef): Promise<MessageRef | undefined> => {
    const source = readJson(sourceSchema, await redis.get(keys.source(message)));
    return source && { platform: source.platform, conversation: source.conversation, message: source.message };
  };

  /** The message that an album's part was gathered into; the message itself where it is none. */
  const wholeOf = async (message: MessageRef): Promise<MessageRef> => {
    const whole = await redis.get(keys.whole(message));
    return whole === null ? message : { ...message, message: messageId(whole) };
  };

  const originalOf = async (message: MessageRef): Promise<MessageRef> => (await sourceOf(message)) ?? wholeOf(message);

  const placeIn = async ({ platform, message }: Pick<MessageRef, 'platform' | 'message'>): Promise<ConversationId | undefined> => {
    const found = await redis.get(keys.place({ platform, message }));
    return found === null ? undefined : conversationId(found);
  };

  /** Notes where a message is, for the changes that will not say it. */
  const place = (transaction: ChainableCommander, ref: MessageRef): void => {
    const { platform, conversation } = ref;
    if (placeless === undefined || placeless.has(platform)) transaction.set(keys.place(ref), conversation, 'EX', ttlSeconds);
    const container = containerOf?.(ref) ?? conversation;
    if (container === conversation) return;
    transaction.set(keys.place({ platform, message: within(container, ref.message) }), conversation, 'EX', ttlSeconds);
  };

  return {
    place,
    record(transaction, { source, bridge, target, copies, parts = [] }) {
      const messages = copies.map(({ message }) => message);
      const forward = keys.copies(source);
      transaction.hset(forward, keys.conversation(target), JSON.stringify(copies)).expire(forward, ttlSeconds);
      const backward = JSON.stringify({ platform: source.platform, conversation: source.conversation, message: source.message, bridge });
      for (const message of messages) transaction.set(keys.source({ ...target, message }), backward, 'EX', ttlSeconds);
      for (const part of parts) transaction.set(keys.whole({ ...source, message: part }), source.message, 'EX', ttlSeconds);
      for (const ref of [source, ...messages.map((message) => ({ ...target, message }))]) place(transaction, ref);
    },
    async copiesOf(message, target) {
      const source = await originalOf(message);
      if (source.platform === target.platform && source.conversation === target.conversation)
        return source.message === message.message && source.conversation === message.conversation
          ? []
          : [{ message: source.message, shows: 'text' }];
      return readJson(copiesSchema, await redis.hget(keys.copies(source), keys.conversation(target))) ?? [];
    },
    knows: async (message) => (await redis.exists(keys.source(message), keys.copies(message), keys.whole(message))) > 0,
    wereIn: async (original, target) => (await redis.hexists(keys.copies(original), keys.conversation(target))) === 1,
    isCopy: async (message) => (await redis.exists(keys.source(message))) === 1,
    originalOf,
    ...threads({ redis, keys, ttlSeconds }, originalOf),
    conversationOf: (platform, message) => placeIn({ platform, message }),
    partOf: ({ platform, conversation, message }) => placeIn({ platform, message: within(conversation, message) }),
  };
}
