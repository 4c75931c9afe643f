import type { InboundEnvelope } from '@bridge/core';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { deadQueue, entrySchemas, inboundQueue, outboundQueue, queueNames, seenSeconds } from './catalog.ts';
import { waitUntilReady } from './connections.ts';
import { createDesk, type DeadLetterDesk } from './dead-letter-desk.ts';
import { startDeadLetters } from './dead-letters.ts';
import { depthOf } from './depths.ts';
import { encodeEntry, eventId, inboundMailbox } from './entry.ts';
import { createKeys, type Keys } from './keys.ts';
import type { LocalWorker } from './local-jobs.ts';
import { Mailboxes } from './mailbox.ts';
import { createPlatformGate } from './platform-gate.ts';
import { routeTurn } from './router-worker.ts';
import { defineScripts } from './scripts.ts';
import { sendTurn } from './sender-worker.ts';
import { startSweeping, sweepQueue } from './sweeper.ts';
import { startTurns, type Turn } from './turns.ts';
import { QueueUnavailable, type QueueOptions, type Queues, type RouterOptions, type SenderOptions, type WorkerHandle } from './types.ts';
import { openBullQueues, type BullQueues } from './wake-ups.ts';

const defaults = {
  lockDurationMs: 10_000,
  stalledIntervalMs: 3_000,
  concurrency: 50,
  batch: 20,
  pauseMs: 60_000,
  sweepMs: 15_000,
  acceptMs: 1_800,
} as const;

/** One connection with everything that is registered on it. */
interface Side {
  readonly redis: Redis;
  readonly bull: BullQueues;
}

/**
 * Opens the queues of one cell. Both connections stay the caller's, who closes them after `close()`.
 * @throws {RedisUnreachable} when Redis does not answer.
 */
export async function openQueues(options: QueueOptions): Promise<Queues> {
  const keys = createKeys({ prefix: options.prefix });
  const producer = await openSide(options, keys, options.producer);
  const worker = options.worker === undefined ? undefined : await openSide(options, keys, options.worker);
  return new MailboxQueues({ options, keys, producer, worker });
}

async function openSide(options: QueueOptions, keys: Keys, redis: Redis): Promise<Side> {
  await waitUntilReady(redis);
  defineScripts(redis);
  const names = queueNames(options.platforms).flatMap((name) => [name, deadQueue(name)]);
  const onError = (error: unknown) => options.onError?.(error, 'queue');
  return { redis, bull: await openBullQueues({ redis, keys, names, onError }) };
}

interface Parts {
  readonly options: QueueOptions;
  readonly keys: Keys;
  readonly producer: Side;
  readonly worker: Side | undefined;
}

class MailboxQueues implements Queues {
  readonly #parts: Parts;
  readonly #mailboxes: Mailboxes;
  readonly #names: readonly string[];
  /** This process's own workers, by queue. */
  readonly #local = new Map<string, LocalWorker>();
  readonly deadLetters: DeadLetterDesk;
  constructor(parts: Parts) {
    this.#parts = parts;
    this.#mailboxes = new Mailboxes(parts.keys);
    this.#names = queueNames(parts.options.platforms);
    this.deadLetters = createDesk({ ...parts.producer, keys: parts.keys, mailboxes: this.#mailboxes, queues: this.#names });
  }

  get jobs(): readonly Queue[] {
    const { bull } = this.#parts.producer;
    return this.#names.flatMap((name) => [bull.get(name), bull.get(deadQueue(name))]);
  }

  async accept(envelope: InboundEnvelope): Promise<'accepted' | 'duplicate'> {
    const { producer, keys } = this.#parts;
    const { platform, conversation, eventKey } = entrySchemas.inbound.parse(envelope);
    const at = { queue: inboundQueue, mailbox: inboundMailbox(platform, conversation) };
    const entry = encodeEntry(eventId(platform, eventKey), envelope);
    const wakeUp = producer.bull.wakeUp({ ...at, conversation: `${platform} ${conversation}` });
    const arrival = { seen: keys.seen(platform, eventKey), entry, seconds: seenSeconds, wakeUp };
    const claim = this.#local.get(inboundQueue)?.claim();
    return (await this.#answeredSoon(this.#mailboxes.accept(producer.redis, at, { ...arrival, claim }))) ? 'accepted' : 'duplicate';
  }

  async depths() {
    const { producer, keys } = this.#parts;
    return this.#answeredSoon(Promise.all(this.#names.map((queue) => depthOf(queue, { ...producer, keys }))));
  }

  async startRouter(options: RouterOptions): Promise<WorkerHandle> {
    const { redis, bull } = this.#workerSide();
    const { keys } = this.#parts;
    const context = {
      redis,
      keys,
      bull,
      mailboxes: this.#mailboxes,
      batch: defaults.batch,
      route: options.route,
      onError: this.#onError,
      claim: (queue: string) => this.#local.get(queue)?.claim(),
    };
    return this.#start({ queue: inboundQueue, concurrency: options.concurrency, take: (turn) => routeTurn(turn, context) });
  }

  async startSender(options: SenderOptions): Promise<WorkerHandle> {
    const { redis, bull } = this.#workerSide();
    const { keys } = this.#parts;
    const queue = outboundQueue(options.platform);
    const context = {
      redis,
      bull,
      keys,
      mailboxes: this.#mailboxes,
      gate: createPlatformGate(keys, queue),
      lockDurationMs: this.#lockDurationMs,
      batch: options.batch ?? defaults.batch,
      pauseMs: options.pauseMs ?? defaults.pauseMs,
      deliver: options.deliver.bind(options),
      onError: this.#onError,
    };
    return this.#start({ queue, concurrency: options.concurrency, sending: context, take: (turn) => sendTurn(turn, context) });
  }

  async sweep(): Promise<number> {
    const { producer, worker, keys } = this.#parts;
    const side = worker ?? producer;
    const found = await Promise.all(this.#names.map((queue) => sweepQueue({ ...side, keys, queue })));
    return found.reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    await Promise.all([this.#parts.producer.bull.close(), this.#parts.worker?.bull.close()]);
  }

  get #lockDurationMs(): number {
    return this.#parts.options.lockDurationMs ?? defaults.lockDurationMs;
  }

  async #answeredSoon<T>(work: Promise<T>): Promise<T> {
    return answeredWithin(this.#parts.options.acceptMs ?? defaults.acceptMs, work);
  }

  readonly #onError = (error: unknown, where: string): void => this.#parts.options.onError?.(error, where);

  #workerSide(): Side {
    const { worker } = this.#parts;
    if (worker === undefined)
      throw new Error('this process only accepts: give openQueues a `worker` connection (workerConnection) to start routers and senders');
    return worker;
  }

  /** A worker with what belongs to it: its queue's dead letters, and the sweeper. */
  async #start(what: {
    readonly queue: string;
    readonly concurrency: number | undefined;
    readonly sending?: { readonly lockDurationMs: number; readonly pauseMs: number };
    readonly take: (turn: Turn) => ReturnType<typeof sendTurn>;
  }): Promise<WorkerHandle> {
    const { redis, bull } = this.#workerSide();
    const { keys, options } = this.#parts;
    const common = { queue: what.queue, redis, bull, onError: this.#onError };
    const turns = await startTurns({
      ...common,
      keys,
      sending: what.sending,
      concurrency: what.concurrency ?? defaults.concurrency,
      lockDurationMs: this.#lockDurationMs,
      stalledIntervalMs: options.stalledIntervalMs ?? defaults.stalledIntervalMs,
      take: what.take,
    });
    this.#local.set(what.queue, turns.local);
    const dead = await startDeadLetters({ ...common, keys, mailboxes: this.#mailboxes });
    const sweeper = startSweeping(() => sweepQueue({ redis, keys, bull, queue: what.queue }), {
      everyMs: defaults.sweepMs,
      onError: this.#onError,
    });
    return {
      async stop(graceMs) {
        sweeper.stop();
        await Promise.all([turns.stop(graceMs), dead.stop(graceMs)]);
      },
    };
  }
}

/** Turns every failure of Redis, and silence, into the one error that callers know. */
async function answeredWithin<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, promise]);
  } catch (error) {
    throw new QueueUnavailable(
      `Redis did not take it: ${error instanceof Error ? error.message : 'unknown error'}. Check that Redis runs and has memory and disk left.`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}
