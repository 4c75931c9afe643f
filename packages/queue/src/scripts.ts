import type { ChainableCommander, Redis } from 'ioredis';
import { basics, joined, joinedText, look, peek, together, type ScriptText } from './lua.ts';
import { z } from 'zod';

/** Each script is one step that must not come apart; all of them may run inside a MULTI. */
const bodies = {
  /** KEYS seen, list, ready. ARGV entry, mailbox, seconds. Answers 1, or 0 for a duplicate. */
  append: `
    if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[3]) then return 0 end
    append(KEYS[2], KEYS[3], ARGV[2], ARGV[1])
    return 1`,

  /** KEYS list, ready. ARGV mailbox; see `look`. */
  look: `${look}
    return look(KEYS[1], KEYS[2], ARGV[1])`,

  /** KEYS and ARGV as of `peek`. */
  peek: `${peek}
    return peek(KEYS, ARGV)`,

  /**
   * Takes the head off by identity, whoever holds the lock: one that lost it but did send must be able to say so.
   * KEYS list, ready, journal, last. ARGV id, mailbox, what to show as delivered last ('' for nothing).
   * Answers the number left, or -1 when the head is another one by now.
   */
  take: `
    if not headIs(KEYS[1], ARGV[1]) then return -1 end
    redis.call('DEL', KEYS[3])
    if ARGV[3] ~= '' then redis.call('HSET', KEYS[4], ARGV[2], ARGV[3]) end
    return removeHead(KEYS[1], KEYS[2], ARGV[2])`,

  /**
   * Before a dead letter is added: one that comes too late, after another worker has dealt with its entry, must not come to be.
   * What is added in the same transaction cannot ask for that, but BullMQ adds no job where there is one of that id already.
   * KEYS list, the letter's job. ARGV id.
   */
  guard: `
    if not headIs(KEYS[1], ARGV[1]) and redis.call('EXISTS', KEYS[2]) == 0 then redis.call('HSET', KEYS[2], 'standIn', '1') end
    return 1`,

  /** After it: takes the stand-in away. KEYS the letter's job. */
  unguard: `
    if redis.call('HEXISTS', KEYS[1], 'standIn') == 1 then redis.call('DEL', KEYS[1]) end
    return 1`,

  /**
   * An attempt is over and the head stays. KEYS journal. ARGV id, nonce, counts (0 or 1), ambiguous (0 or 1).
   * One that does not count is as if it had never begun: its number is given back and its wait does not age the delivery.
   */
  close: `
    local journal = redis.call('HMGET', KEYS[1], 'id', 'nonce', 'attempts', 'open')
    if journal[1] ~= ARGV[1] or journal[2] ~= ARGV[2] or journal[4] ~= '1' then return 0 end
    redis.call('HSET', KEYS[1], 'open', 0)
    if ARGV[4] == '1' then redis.call('HSET', KEYS[1], 'ambiguous', 1) end
    if ARGV[3] == '0' then redis.call('HSET', KEYS[1], 'attempts', tonumber(journal[3]) - 1, 'idle', now()) end
    return 1`,

  /**
   * What came before is known to be done. KEYS journal. ARGV id, nonce, progress. Only of the attempt that began last: one before
   * it knows less than this one may have done since, and would wipe out that its outcome is unknown.
   */
  progress: `
    local journal = redis.call('HMGET', KEYS[1], 'id', 'nonce')
    if journal[1] ~= ARGV[1] or journal[2] ~= ARGV[2] then return 0 end
    redis.call('HSET', KEYS[1], 'progress', ARGV[3], 'ambiguous', 0)
    return 1`,

  /** KEYS hold. ARGV reason, ms. A shorter hold never cuts a longer one. */
  hold: `
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
    return 1`,

  /** KEYS pause. ARGV reason, ms until the next probe. */
  pause: `
    redis.call('HSET', KEYS[1], 'reason', ARGV[1], 'probeAt', now() + tonumber(ARGV[2]))
    redis.call('HDEL', KEYS[1], 'probing')
    return 1`,

  /** Mailboxes of a range of \`ready\` without a living wake-up. KEYS ready. ARGV first, last, prefix of owners, prefix of jobs. */
  orphans: `
    local found = {}
    for _, mailbox in ipairs(redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2])) do
      local job = redis.call('GET', ARGV[3] .. mailbox)
      if not job or redis.call('EXISTS', ARGV[4] .. job) == 0 then found[#found + 1] = mailbox end
    end
    return found`,
} as const;

/** Name of a script. */
export type ScriptName = keyof typeof bodies | keyof typeof joined | 'acceptAndTake';

const commandName = (script: ScriptName) => `mailbox_${script}`;

/** Makes the scripts known to a connection; safe to repeat. Must come before the first transaction on it. */
export function defineScripts(redis: Redis): void {
  for (const name of names(bodies))
    if (!Reflect.has(redis, commandName(name))) redis.defineCommand(commandName(name), { lua: basics + bodies[name] });
}

/**
 * Makes the scripts known that have one of BullMQ's inside, once BullMQ has its own there; safe to repeat.
 * @throws when this BullMQ has no such script, or none that takes as many keys.
 */
export function defineJoinedScripts(redis: Redis): void {
  const textOf = (name: keyof typeof joined) => joinedText(name, scriptInside(redis, joined[name].inside));
  const define = (name: ScriptName, lua: string) => {
    if (!Reflect.has(redis, commandName(name))) redis.defineCommand(commandName(name), { lua });
  };
  for (const name of names(joined)) define(name, textOf(name));
  const { numberOfKeys } = scriptInside(redis, joined.accept.inside);
  define('acceptAndTake', together(textOf('accept'), textOf('fetch'), { keys: 3 + numberOfKeys, args: 5 + joined.accept.args }));
}

const names = <T extends object>(of: T): readonly (keyof T & string)[] =>
  Object.keys(of).filter((name): name is keyof T & string => name in of);

function scriptInside(redis: Redis, name: string): ScriptText {
  // ioredis keeps them by name; BullMQ's end in its version.
  const all: unknown = Reflect.get(redis, 'scriptsSet');
  const found: unknown = Object.entries(all ?? {}).find(([known]) => known.startsWith(`${name}:`))?.[1];
  const text = scriptText.safeParse(found);
  if (!text.success) throw new Error(`BullMQ has no script ${name} on this connection; wait for one of its queues there first`);
  return text.data;
}

const scriptText: z.ZodType<ScriptText> = z.object({ lua: z.string(), numberOfKeys: z.number() });

/** What a script works on. */
export interface ScriptInput {
  readonly keys: readonly string[];
  readonly args: readonly unknown[];
}

const flat = ({ keys, args }: ScriptInput) => [keys.length, ...keys, ...args];

/** Adds a script to a transaction. */
export function addScript(transaction: ChainableCommander, script: ScriptName, input: ScriptInput): void {
  callCommand(transaction, commandName(script), flat(input));
}

/** A script of somebody else's, such as a store's. */
export interface ForeignScript {
  /** Unique among all commands of a connection. */
  readonly name: string;
  readonly lua: string;
}

/** Adds somebody else's script to a transaction, and makes it known to the transaction's connection where it is not yet. */
export function addForeignScript(transaction: ChainableCommander, script: ForeignScript, input: ScriptInput): void {
  const connection = connectionOf(transaction);
  if (!Reflect.has(connection, script.name)) callCommand(connection, 'defineCommand', [script.name, { lua: script.lua }]);
  callCommand(transaction, script.name, flat(input));
}

/** Runs a script by itself. */
export async function runScript(redis: Redis, script: ScriptName, input: ScriptInput): Promise<unknown> {
  return callCommand(redis, commandName(script), flat(input));
}

/** Calls a command that was added to a connection at run time, which no type can know: ours, and BullMQ's scripts. */
export function callCommand(on: object, name: string, args: readonly unknown[]): unknown {
  const command: unknown = Reflect.get(on, name) ?? Reflect.get(connectionOf(on), name);
  if (typeof command !== 'function')
    throw new TypeError(`the command ${name} is not defined on this connection; call defineScripts, or wait for the queue, first`);
  return Reflect.apply(command, on, args);
}

function connectionOf(transaction: object): object {
  const connection: unknown = Reflect.get(transaction, 'redis');
  return typeof connection === 'object' && connection !== null ? connection : transaction;
}
