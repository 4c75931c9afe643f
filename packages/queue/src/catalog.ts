import { deliverySchema, inboundSchema, type PlatformId } from '@bridge/core';
import type { JobsOptions } from 'bullmq';
import { z } from 'zod';

/**
 * The two kinds of queue, with what their entries must look like. Parsed on the way in and on the way out: what does not
 * parse becomes a dead letter instead of blocking its conversation.
 */
export const entrySchemas = {
  // Raw events come out of JSON.parse on both ways, so walking through them again would prove nothing.
  inbound: inboundSchema.extend({ raw: z.custom<z.core.util.JSONType>((value) => value !== undefined, 'expected the raw event') }),
  // What has been done of a delivery that comes back from the dead letters stands beside it.
  outbound: deliverySchema.extend({ progress: z.string().exactOptional() }),
} as const;

/** Where accepted events wait for the router. */
export const inboundQueue = 'inbound';
/** Where deliveries to one platform wait for its sender. */
export const outboundQueue = (platform: PlatformId): string => `outbound-${platform}`;
/** Where what cannot be carried waits for a person. */
export const deadQueue = (queue: string): string => `${queue}-dead`;

/** Every queue with mailboxes, as names of BullMQ queues; each has its dead letters under `deadQueue(name)`. */
export const queueNames = (platforms: readonly PlatformId[]): readonly string[] => [inboundQueue, ...platforms.map(outboundQueue)];

/** An event is recognised as a duplicate for this long. Telegram, the most patient, repeats for 24 hours. */
export const seenSeconds = 25 * 3_600;

/** What a wake-up job shows in a dashboard; only `mailbox` is needed to carry it out. */
export const wakeUpSchema = z.object({
  /** Name of the mailbox within its queue. */
  mailbox: z.string(),
  conversation: z.string(),
  waiting: z.number().exactOptional(),
  /** Why the conversation waits. */
  why: z.string().exactOptional(),
  /** Failures in a row of the routing itself. */
  failures: z.number().exactOptional(),
  /** How often the head was made to wait for what belongs to it. */
  waits: z.number().exactOptional(),
  /** The entry delivered last and when, as `<id> <ISO time>`. */
  lastDelivered: z.string().exactOptional(),
});
/** Data of a wake-up job. */
export type WakeUpData = z.infer<typeof wakeUpSchema>;

/**
 * At most one wake-up exists per mailbox. One that is asked for while the mailbox is being emptied runs once more afterwards,
 * so that no append is missed. A throw of our own code must not use it up: hence the attempts.
 */
export const wakeUpOptions = (mailbox: string): JobsOptions => ({
  deduplication: { id: mailbox, keepLastIfActive: true },
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 1_000_000,
  backoff: { type: 'fixed', delay: 1_000 },
  stackTraceLimit: 1,
});

/** Dead letters stay until a person retries or discards them. */
export const deadLetterOptions: JobsOptions = { attempts: 1, removeOnComplete: true, removeOnFail: false, stackTraceLimit: 0 };

/** One dead letter: what a person sees in the dashboard's Failed tab, and what a retry puts back. */
export const deadLetterSchema = z.object({
  /** The queue to put it back into. */
  queue: z.string(),
  mailbox: z.string(),
  conversation: z.string(),
  /** The entry's identity: a delivery id, or the event's key. */
  id: z.string(),
  reason: z.string(),
  /** The platform's answer in words. */
  detail: z.string(),
  /** HTTP status and error code of the answer. */
  answer: z.object({ status: z.number().exactOptional(), code: z.string().exactOptional() }).exactOptional(),
  attempts: z.number(),
  /** ISO 8601. */
  died: z.string(),
  /** Milliseconds by the clock of the process in which it died: tells apart what died within one millisecond. */
  tick: z.number().exactOptional(),
  /** The entry when it is JSON. */
  message: z.json().exactOptional(),
  /** The entry when it is not. */
  text: z.string().exactOptional(),
});
/** Data of a dead letter's job. */
export type DeadLetter = z.infer<typeof deadLetterSchema>;

/** What is wrong with an entry, for the reason of its dead letter. Names fields and expectations, never what was in them. */
export const issuesOf = (error: z.ZodError): string =>
  error.issues
    .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    .join('; ')
    .slice(0, 500);
