import type { Delivery, InboundEnvelope, PlatformId, Verdict } from '@bridge/core';
import type { Queue } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import type { DeadLetterDesk } from './dead-letter-desk.ts';

/** Adds commands to the transaction that settles something, so that a record and its effect cannot come apart. */
export type Also = (transaction: ChainableCommander) => void;

/** Redis did not take it. Ingress answers 503 with Retry-After; a gateway does not move its checkpoint. */
export class QueueUnavailable extends Error {
  override readonly name = 'QueueUnavailable';
}

/** What queues are opened with. */
export interface QueueOptions {
  /** Fails fast: no offline queue, one retry. What accept and the short reads use. */
  readonly producer: Redis;
  /** Waits for ever: what workers use. Absent in a process that only accepts. */
  readonly worker?: Redis;
  /** REDIS_PREFIX. */
  readonly prefix: string;
  /** Platforms that have an outbound queue here. */
  readonly platforms: readonly PlatformId[];
  readonly lockDurationMs?: number;
  readonly stalledIntervalMs?: number;
  /** How long `accept` and the short reads wait for Redis before they fail; default 1,800 ms. */
  readonly acceptMs?: number;
  readonly onError?: (error: unknown, where: string) => void;
}

/** What waits in one queue. */
export interface QueueDepth {
  /** `inbound`, or `outbound-<platform>`. */
  readonly queue: string;
  /** Messages in mailboxes. */
  readonly waiting: number;
  /** Conversations with a non-empty mailbox. */
  readonly conversations: number;
  /** Milliseconds since the longest non-empty mailbox got its first message; 0 when all are empty. */
  readonly oldestWaitingMs: number;
  readonly dead: number;
  /** Set while the platform is paused for a rejected credential. */
  readonly pausedReason?: string;
}

/** Where one event goes. `also` joins the transaction that moves it. */
export interface Routed {
  readonly deliveries: readonly Delivery[];
  /** The event cannot be routed as things are: it becomes a dead letter, with these words, instead of deliveries. */
  readonly dead?: { readonly reason: string; readonly detail: string };
  readonly also?: Also;
  /** How many events of those behind this one are dealt with by it, and go with it. */
  readonly gathered?: number;
  /** Nothing is decided yet: the conversation is looked at again after so long, milliseconds. */
  readonly waitMs?: number;
}

/** What a router may see of a conversation, apart from the event at its head. */
export interface Surroundings {
  /** The next events behind it, at most `count`, as they are now. */
  following(count: number): Promise<readonly InboundEnvelope[]>;
  /** How often this event has been made to wait already. */
  readonly waits: number;
}

/** How a router routes. */
export interface RouterOptions {
  /** Pure routing; a throw keeps the message where it is and tries again later. */
  route(envelope: InboundEnvelope, around: Surroundings): Promise<Routed>;
  readonly concurrency?: number;
}

/** One turn with the head of a conversation. */
export interface Attempt {
  readonly delivery: Delivery;
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds since the first attempt began. */
  readonly ageMs: number;
  /** An earlier attempt began and neither succeeded nor failed, as far as Redis knows. */
  readonly ambiguous: boolean;
  /** What `saveProgress` stored in an earlier attempt, or what was known of it when it became a dead letter. */
  readonly progress: string | undefined;
  /** Stores how far a delivery of several steps has come; the attempt stays open. Does nothing once a later attempt has begun. */
  saveProgress(progress: string): Promise<void>;
  /** False once this worker may have lost its right to the conversation: it must not send then. Checks a clock, asks nobody. */
  held(): boolean;
  /** Aborted when the right is lost or the process has used up its time to stop. */
  readonly signal: AbortSignal;
}

/** What became of an attempt; the queue carries it out. */
export type Outcome =
  /** Taken off, together with `also`. */
  | { readonly kind: 'settled'; readonly also?: Also }
  /** `detail` is the platform's answer in words for jobs and dead letters; it carries no secret. */
  | {
      readonly kind: 'failed';
      readonly verdict: Verdict;
      readonly ambiguous: boolean;
      readonly detail: string;
      /** The platform's own words on it. */
      readonly answer?: { readonly status?: number; readonly code?: string };
      readonly also?: Also;
      /** What is done already, for a dead letter that may be retried. */
      readonly progress?: string;
      /** The platform was not asked, so that nothing is known of how it would have answered. */
      readonly unasked?: true;
    };

/** How a sender delivers. */
export interface SenderOptions {
  readonly platform: PlatformId;
  /** Must not throw; if it does, the outcome is unknown and the attempt stays open. */
  deliver(attempt: Attempt): Promise<Outcome>;
  readonly concurrency?: number;
  /** Messages of one conversation before others get their turn. */
  readonly batch?: number;
  /** Delay before a paused platform is tried with one message again; default 60 s. */
  readonly pauseMs?: number;
}

/** A worker that runs until it is stopped. */
export interface WorkerHandle {
  /** Takes nothing new, finishes or hands back what is under way, within `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** The queues of one cell, as one process uses them. */
export interface Queues {
  /**
   * Resolves once Redis holds the event and its wake-up.
   * @throws {QueueUnavailable} when it does not.
   */
  accept(envelope: InboundEnvelope): Promise<'accepted' | 'duplicate'>;
  depths(): Promise<readonly QueueDepth[]>;
  /** What could not be carried, for a person to retry or discard. */
  readonly deadLetters: DeadLetterDesk;
  /** The BullMQ queues themselves, for a dashboard; each queue is followed by its dead letters. */
  readonly jobs: readonly Queue[];
  startRouter(options: RouterOptions): Promise<WorkerHandle>;
  startSender(options: SenderOptions): Promise<WorkerHandle>;
  /** Wakes every non-empty mailbox that has no job; returns how many there were. Safe to run anywhere, at any time. */
  sweep(): Promise<number>;
  close(): Promise<void>;
}
