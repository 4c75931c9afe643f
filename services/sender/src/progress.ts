import { type ConversationId, type Copy, type MessageId, type PlannedStep, conversationId, messageId } from '@bridge/core';
import { z } from 'zod';

/** What a finished step of a delivery did. */
export interface StepResult {
  readonly type: PlannedStep['type'];
  /** Absent where there was nothing to do. */
  readonly message?: MessageId;
  /** The message was not there (any more), so that nothing was done. */
  readonly gone?: true;
  /** What of the event a message that was sent shows. */
  readonly shows?: Copy['shows'];
  /** Further messages that it became. */
  readonly also?: readonly MessageId[];
  readonly messageUrl?: string;
  /** Where it was done, when that is not the conversation that the delivery names. */
  readonly conversation?: ConversationId;
}

/** How far the attempts at one delivery have come. */
export interface Progress {
  /** What finished steps did, in their order; grows while an attempt goes on. */
  readonly results: StepResult[];
  /** Attachments by index that could not be had and are told in words, each with why. The plan depends on it. */
  readonly unavailable: Map<number, string>;
}

const ids = z.string().transform(messageId);
const resultSchema = z.object({
  type: z.enum(['send', 'edit', 'delete', 'react', 'skip']),
  message: ids.exactOptional(),
  gone: z.literal(true).exactOptional(),
  shows: z.enum(['text', 'caption', 'file']).exactOptional(),
  also: z.array(ids).exactOptional(),
  messageUrl: z.string().exactOptional(),
  conversation: z.string().transform(conversationId).exactOptional(),
});
const progressSchema = z.object({ results: z.array(resultSchema), unavailable: z.array(z.tuple([z.number(), z.string()])) });

/** Reads what earlier attempts stored; nothing at the first. */
export function loadProgress(stored: string | undefined): Progress {
  if (stored === undefined) return { results: [], unavailable: new Map() };
  const { results, unavailable } = progressSchema.parse(JSON.parse(stored));
  return { results, unavailable: new Map(unavailable) };
}

/** As the journal keeps it. */
export const storedProgress = ({ results, unavailable }: Progress): string => JSON.stringify({ results, unavailable: [...unavailable] });
