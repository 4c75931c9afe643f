import type { ChainableCommander, Redis } from 'ioredis';

/**
 * The Lua side of the mailboxes. Each script is one step that must not come apart; all of them may run inside a MULTI.
 * Times are Redis' own, so that workers with different clocks agree.
 */
const prelude = `
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local function identity(entry)
  local at = string.find(entry, '\\n', 1, true)
  if at then return string.sub(entry, 1, at - 1) end
  return redis.sha1hex(entry)
end
local function append(list, ready, mailbox, entry)
  redis.call('RPUSH', list, entry)
  redis.call('ZADD', ready, 'NX', now(), mailbox)
end
local function removeHead(list, ready, mailbox)
  redis.call('LPOP', list)
  local left = redis.call('LLEN', list)
  if left == 0 then redis.call('ZREM', ready, mailbox) end
  return left
end
local function headIs(list, id)
  local head = redis.call('LINDEX', list, 0)
  return head and identity(head) == id
end
`;

const bodies = {
  /** KEYS seen, list, ready. ARGV entry, mailbox, seconds. Answers 1, or 0 for a duplicate. */
  append: `
    if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[3]) then return 0 end
    append(KEYS[2], KEYS[3], ARGV[2], ARGV[1])
    return 1`,

  /** KEYS list, ready. ARGV mailbox. Answers the head and the number waiting, without taking any right to it. */
  look: `
    local head = redis.call('LINDEX', KEYS[1], 0)
    if not head then
      redis.call('ZREM', KEYS[2], ARGV[1])
      return {}
    end
    return {head, identity(head), redis.call('LLEN', KEYS[1])}`,

  /**
   * Takes the head, and what was gathered with it, from one mailbox and appends to others, once, whoever asks and how often.
   * KEYS list, ready, then list and ready of each target. ARGV id, mailbox, then mailbox and entry of each target, then the ids
   * of those behind the head. Answers the number left, or -1 when the first entries are others by now.
   */
  hop: `
    if not headIs(KEYS[1], ARGV[1]) then return -1 end
    for i = #KEYS + 1, #ARGV do
      local entry = redis.call('LINDEX', KEYS[1], i - #KEYS)
      if not entry or identity(entry) ~= ARGV[i] then return -1 end
    end
    local left = removeHead(KEYS[1], KEYS[2], ARGV[2])
    for _ = #KEYS + 1, #ARGV do left = removeHead(KEYS[1], KEYS[2], ARGV[2]) end
    for i = 3, #KEYS, 2 do append(KEYS[i], KEYS[i + 1], ARGV[i], ARGV[i + 1]) end
    return left`,

  /**
   * The right to send the head: held by the job's lock, closed by hold and pause, written down before it is used.
   * KEYS list, ready, journal, lock, stalled, hold, pause. ARGV token, mailbox, job id, lock ms, ms until the next probe, nonce.
   * The lock is renewed here when half of it is gone, so that a long batch never runs out of it. The nonce names this attempt:
   * a connection that broke sends the same script again, and that is not another attempt.
   */
  peek: `
    local left = redis.call('PTTL', KEYS[4])
    if redis.call('GET', KEYS[4]) ~= ARGV[1] or left <= 0 then return {'fenced'} end
    local time = now()
    local head = redis.call('LINDEX', KEYS[1], 0)
    if not head then
      redis.call('ZREM', KEYS[2], ARGV[2])
      redis.call('DEL', KEYS[3])
      return {'empty'}
    end
    local hold = redis.call('PTTL', KEYS[6])
    if hold > 0 then return {'held', hold, redis.call('GET', KEYS[6])} end
    local probe = 0
    local pause = redis.call('HMGET', KEYS[7], 'probeAt', 'reason', 'probing')
    if pause[1] then
      local wait = tonumber(pause[1]) - time
      if wait > 0 then
        if pause[3] then wait = math.min(wait, 500) end
        return {'held', wait, pause[2]}
      end
      probe = 1
      redis.call('HSET', KEYS[7], 'probeAt', time + tonumber(ARGV[5]), 'probing', '1')
    end
    if left * 2 < tonumber(ARGV[4]) then
      left = tonumber(ARGV[4])
      redis.call('PEXPIRE', KEYS[4], left)
      redis.call('SREM', KEYS[5], ARGV[3])
    end
    local id = identity(head)
    local journal = redis.call('HMGET', KEYS[3], 'id', 'attempts', 'began', 'open', 'ambiguous', 'progress', 'idle', 'nonce')
    local attempts, began, ambiguous, progress = 1, time, 0, false
    if journal[1] == id then
      attempts, began, progress = tonumber(journal[2]), tonumber(journal[3]), journal[6]
      if journal[5] == '1' then ambiguous = 1 end
      if journal[8] ~= ARGV[6] then
        attempts = attempts + 1
        if journal[4] == '1' then ambiguous = 1 end
        if journal[7] then
          began = began + time - tonumber(journal[7])
          redis.call('HDEL', KEYS[3], 'idle')
        end
      end
    elseif journal[1] then
      redis.call('DEL', KEYS[3])
    end
    redis.call('HSET', KEYS[3], 'id', id, 'attempts', attempts, 'began', began, 'nonce', ARGV[6], 'open', 1, 'ambiguous', ambiguous)
    return {'head', head, id, redis.call('LLEN', KEYS[1]), attempts, time - began, ambiguous, progress or '', left, probe}`,

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

  /** Takes back BullMQ's marker that jobs wait when none does. KEYS wait, prioritized, marker. '0' is that one; another tells of delayed jobs. */
  quiet: `
    if redis.call('LLEN', KEYS[1]) > 0 or redis.call('ZCARD', KEYS[2]) > 0 then return 0 end
    return redis.call('ZREM', KEYS[3], '0')`,
} as const;

/** Name of a script. */
export type ScriptName = keyof typeof bodies;

const commandName = (script: ScriptName) => `mailbox_${script}`;

/** Makes the scripts known to a connection; safe to repeat. Must come before the first transaction on it. */
export function defineScripts(redis: Redis): void {
  for (const [name, body] of Object.entries(bodies)) {
    const command = `mailbox_${name}`;
    if (!Reflect.has(redis, command)) redis.defineCommand(command, { lua: prelude + body });
  }
}

/** What a script works on. */
export interface ScriptInput {
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
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
