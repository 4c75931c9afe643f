import { Job, Queue } from 'bullmq';
import type { ChainableCommander, Redis } from 'ioredis';
import { wakeUpOptions, type WakeUpData } from './catalog.ts';
import { readable } from './entry.ts';
import type { Keys } from './keys.ts';
import { callCommand, defineJoinedScripts } from './scripts.ts';

/** The BullMQ queues of one connection. Their scripts are registered per connection, so transactions need them on their own. */
export interface BullQueues {
  get(queue: string): Queue;
  /** Adds a job to a transaction; it exists if, and only if, the rest of it does. */
  add(transaction: ChainableCommander, job: Job): void;
  /** Adds the wake-up of a mailbox to a transaction. One that exists already is enough: asking again is harmless. */
  wake(transaction: ChainableCommander, at: { readonly queue: string; readonly mailbox: string; readonly conversation: string }): void;
  /** The same, for a script that adds it by itself where it is needed. */
  wakeUp(at: { readonly queue: string; readonly mailbox: string; readonly conversation: string }): WakeUp;
  close(): Promise<void>;
}

/** What BullMQ's script that adds a job works on. */
export interface WakeUp {
  readonly keys: readonly string[];
  readonly args: readonly unknown[];
}

/** Opens queues by name on a connection and waits until BullMQ has its scripts there. */
export async function openBullQueues(options: {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly names: readonly string[];
  readonly onError: (error: unknown) => void;
}): Promise<BullQueues> {
  const queues = new Map(options.names.map((name) => [name, new Queue(name, { connection: options.redis, prefix: options.keys.bullmq })]));
  for (const queue of queues.values()) queue.on('error', options.onError);
  try {
    await Promise.all([...queues.values()].map((queue) => queue.waitUntilReady()));
  } catch (error) {
    for (const queue of queues.values()) queue.close().catch(options.onError);
    throw error;
  }
  defineJoinedScripts(options.redis);

  const get = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new Error(`there is no queue ${name}; name its platform in the platforms of openQueues`);
    return queue;
  };
  const jobOf = ({ queue, mailbox, conversation }: Parameters<BullQueues['wakeUp']>[0]): Job => {
    const data: WakeUpData = { mailbox, conversation: readable(conversation) };
    return new Job(get(queue), data.conversation, data, wakeUpOptions(mailbox));
  };
  return {
    get,
    add: addToTransaction,
    wake: (transaction, at) => addToTransaction(transaction, jobOf(at)),
    wakeUp: remembered((at) => inputOf(jobOf(at))),
    close: async () => void (await Promise.all([...queues.values()].map((queue) => queue.close()))),
  };
}

function addToTransaction(transaction: ChainableCommander, job: Job): void {
  const before = transaction.length;
  addBy(job, (name, args) => callCommand(transaction, name, [args]));
  if (transaction.length === before)
    throw new Error(`BullMQ added no job to the transaction; was its queue opened on the same connection?`);
}

type Making = BullQueues['wakeUp'];
const rememberedMs = 1_000;
const mostRemembered = 2_000;

/** Those of one mailbox are alike but for the time in them, which only people look at; making one anew costs more than sending it. */
function remembered(make: Making): Making {
  const known = new Map<string, { readonly wakeUp: WakeUp; readonly until: number }>();
  return (at) => {
    const name = `${at.queue} ${at.mailbox}`;
    const now = performance.now();
    const found = known.get(name);
    if (found !== undefined && now < found.until) return found.wakeUp;
    if (known.size >= mostRemembered) known.clear();
    const wakeUp = make(at);
    known.set(name, { wakeUp, until: now + rememberedMs });
    return wakeUp;
  };
}

const addScriptKeys = 9;

function inputOf(job: Job): WakeUp {
  let input: WakeUp | undefined;
  addBy(job, (name, args) => {
    if (name.startsWith('addStandardJob:')) input = { keys: args.slice(0, addScriptKeys).map(String), args: args.slice(addScriptKeys) };
  });
  if (input === undefined) throw new Error('this BullMQ adds jobs by another script; adapt `accept` and `hop` in lua.ts');
  return input;
}

/** Has BullMQ say how it adds a job, without adding it. */
function addBy(job: Job, run: (name: string, args: readonly unknown[]) => void): void {
  const target: unknown = {
    runCommand: (name: string, args: readonly unknown[]): Promise<number> => {
      run(name, args);
      return Promise.resolve(0);
    },
  };
  // Run synchronously; the promise only carries BullMQ's look at an answer that does not exist yet. BullMQ's type asks for a
  // whole client, its code for `runCommand` alone.
  void job.addJob(target as Parameters<Job['addJob']>[0], {}).catch(() => undefined);
}
