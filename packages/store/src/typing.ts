import type { ConversationId, ConversationRef, PlatformId } from '@bridge/core';
import type { Keys } from '@bridge/queue';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { id, readJson } from './json.ts';

/** That somebody writes, told from process to process. Nothing of it is kept, and what is lost is lost. */
export interface TypingSigns {
  /** Says where it is to be shown. Neither waits nor throws. */
  tell(target: ConversationRef): void;
  /** Hears what any process of this installation tells, until the function that it returns is called. */
  listen(listener: (target: ConversationRef) => void): () => void;
  /** True for one process every five seconds and conversation: it is the one to show it. Rejects when Redis does not answer. */
  claim(target: ConversationRef): Promise<boolean>;
}

/** Telegram shows it for five seconds, Discord for ten. */
const shownMs = 5_000;
const refSchema = z.object({ platform: id<PlatformId>(), conversation: id<ConversationId>() });

/** What telling and hearing take. */
export interface TypingSignsOptions {
  /** For telling, and for claiming. */
  readonly redis: Redis;
  /** A connection of its own for hearing: one that has subscribed can do nothing else. */
  readonly open: () => Redis;
  readonly keys: Keys;
  readonly onError: (error: unknown) => void;
}

/** Signs over Redis's publications. */
export function createTypingSigns({ redis, open, keys, onError }: TypingSignsOptions): TypingSigns {
  return {
    tell: ({ platform, conversation }) => void redis.publish(keys.typing, JSON.stringify({ platform, conversation })).catch(onError),
    listen(listener) {
      const line = open();
      line.on('message', (_channel: string, text: string) => {
        const target = readJson(refSchema, text);
        if (target !== undefined) listener(target);
      });
      // Waits until Redis is there, and is done again by itself after each reconnect.
      line.subscribe(keys.typing).catch(onError);
      return () => line.disconnect();
    },
    claim: async (target) => (await redis.set(keys.typingShown(target), '1', 'PX', shownMs, 'NX')) === 'OK',
  };
}
