/**
 * The Lua side of the mailboxes: what the scripts are made of. Times are Redis' own, so that workers with different clocks agree.
 */
export const basics = `
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

/** Answers the head and the number waiting, without taking any right to it. */
export const look = `
local function look(list, ready, mailbox)
  local head = redis.call('LINDEX', list, 0)
  if not head then
    redis.call('ZREM', ready, mailbox)
    return {}
  end
  return {head, identity(head), redis.call('LLEN', list)}
end
`;

/**
 * The right to send the head: held by the job's lock, closed by hold and pause, written down before it is used.
 * KEYS list, ready, journal, lock, stalled, hold, pause. ARGV token, mailbox, job id, lock ms, ms until the next probe, nonce.
 * The lock is renewed here when half of it is gone, so that a long batch never runs out of it. The nonce names this attempt:
 * a connection that broke sends the same script again, and that is not another attempt.
 */
export const peek = `
local function peek(KEYS, ARGV)
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
  return {'head', head, id, redis.call('LLEN', KEYS[1]), attempts, time - began, ambiguous, progress or '', left, probe}
end
`;

/** Takes back BullMQ's marker that jobs wait when none does. '0' is that one; another tells of delayed jobs. */
export const quiet = `
local function quiet(wait, prioritized, marker)
  if redis.call('LLEN', wait) > 0 or redis.call('ZCARD', prioritized) > 0 then return 0 end
  return redis.call('ZREM', marker, '0')
end
`;

/** A script as ioredis keeps it. */
export interface ScriptText {
  readonly lua: string;
  readonly numberOfKeys: number;
}

/** A script of BullMQ's as a function, so that one of ours can decide whether it runs, and go on with what it answers, in one step. */
const bull = ({ lua, numberOfKeys }: ScriptText) => `
local bullKeys = ${numberOfKeys}
local function bull(KEYS, ARGV)
${lua}
end
local function slice(list, first, count)
  local part = {}
  for i = first, first + count - 1 do part[#part + 1] = list[i] end
  return part
end
`;

/**
 * A mailbox that holds something has a wake-up, which looks again before it ends. So another one is asked for only where the
 * mailbox was empty, since the one there may be about to end, and where a foreign hand has removed it. Asking for it in vain
 * costs as much as all the rest of an append.
 */
const wake = `
local function wake(list, before, owner, jobs, keys, args)
  if redis.call('LLEN', list) == 0 then return end
  if before > 0 then
    local job = redis.call('GET', owner)
    if job and redis.call('EXISTS', jobs .. job) == 1 then return end
  end
  bull(keys, args)
end
`;

/**
 * Looks into the mailbox of the job that BullMQ's script has taken, if it has. \`noted\` remembers which that was, so that a
 * connection that broke and asks again is given the same one, and not another one beside it that nobody then works on; unless that
 * took so long that the lock is another worker's.
 * KEYS after BullMQ's and \`noted\`: ready, stalled, hold, pause. ARGV after BullMQ's: prefix of jobs, prefix of mailboxes, prefix
 * of journals, and those of \`peek\` that are the worker's (lock ms, ms until the next probe, nonce); without those it looks only.
 */
const follow = `
local function again(noted, jobs)
  local job, token = string.match(redis.call('GET', noted) or '', '^(%S+) (.*)$')
  if not job or redis.call('GET', jobs .. job .. ':lock') ~= token then return end
  return {redis.call('HGETALL', jobs .. job), job, 0, 0}
end
local function follow(answer, noted, keys, args)
  if type(answer) ~= 'table' or type(answer[1]) ~= 'table' then return {answer, false} end
  local fields, job = answer[1], answer[2]
  local lock = args[1] .. job .. ':lock'
  local token = redis.call('GET', lock)
  redis.call('SET', noted, job .. ' ' .. (token or ''), 'PX', 60000)
  local mailbox
  for i = 1, #fields, 2 do if fields[i] == 'deid' then mailbox = fields[i + 1] end end
  if not mailbox then return {answer, false} end
  if not args[4] then return {answer, look(args[2] .. mailbox, keys[1], mailbox)} end
  return {answer, peek(
    {args[2] .. mailbox, keys[1], args[3] .. mailbox, lock, keys[2], keys[3], keys[4]},
    {token, mailbox, job, args[4], args[5], args[6]})}
end
`;

/** Scripts with one of BullMQ's inside; `args` is the number of its arguments. */
export const joined = {
  /**
   * KEYS seen, list, ready, BullMQ's. ARGV entry, mailbox, seconds, owner of the wake-up, prefix of jobs, BullMQ's.
   * Answers 1, or 0 for a duplicate; one whose wake-up was lost gets another one also then.
   */
  accept: {
    inside: 'addStandardJob',
    args: 3,
    body: `
    local before = redis.call('LLEN', KEYS[2])
    local new = redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[3])
    if new then append(KEYS[2], KEYS[3], ARGV[2], ARGV[1]) end
    wake(KEYS[2], before, ARGV[4], ARGV[5], slice(KEYS, 4, bullKeys), slice(ARGV, 6, bullArgs))
    return new and 1 or 0`,
  },

  /**
   * Takes the head, and what was gathered with it, from one mailbox and appends to others with their wake-ups, once, whoever
   * asks and how often. KEYS list, ready, then for each target its list, ready and BullMQ's. ARGV id, mailbox, number of
   * targets, then for each target its mailbox, entry, owner of the wake-up, prefix of jobs and BullMQ's; then the ids of those
   * behind the head. Answers the number left, or -1 when the first entries are others by now;
   * a target whose wake-up was lost gets another one also then.
   */
  hop: {
    inside: 'addStandardJob',
    args: 3,
    body: `
    local targets = tonumber(ARGV[3])
    local behind = 4 + targets * (4 + bullArgs)
    local moves = headIs(KEYS[1], ARGV[1])
    for i = behind, #ARGV do
      local entry = redis.call('LINDEX', KEYS[1], i - behind + 1)
      if not entry or identity(entry) ~= ARGV[i] then moves = false end
    end
    local left = -1
    if moves then
      for _ = behind - 1, #ARGV do left = removeHead(KEYS[1], KEYS[2], ARGV[2]) end
    end
    for target = 0, targets - 1 do
      local k, a = 3 + target * (2 + bullKeys), 4 + target * (4 + bullArgs)
      local before = redis.call('LLEN', KEYS[k])
      if moves then append(KEYS[k], KEYS[k + 1], ARGV[a], ARGV[a + 1]) end
      wake(KEYS[k], before, ARGV[a + 2], ARGV[a + 3], slice(KEYS, k + 2, bullKeys), slice(ARGV, a + 4, bullArgs))
    end
    return left`,
  },

  /** BullMQ takes the next job; see `follow`. Answers what BullMQ's script does, and what is in the mailbox. */
  fetch: {
    inside: 'moveToActive',
    args: 3,
    body: `
    local jobs = ARGV[bullArgs + 1]
    local answer = again(KEYS[bullKeys + 1], jobs)
    if not answer then
      answer = bull(slice(KEYS, 1, bullKeys), slice(ARGV, 1, bullArgs))
      quiet(KEYS[1], KEYS[3], KEYS[11])
    end
    return follow(answer, KEYS[bullKeys + 1], slice(KEYS, bullKeys + 2, 4), slice(ARGV, bullArgs + 1, 6))`,
  },

  /**
   * BullMQ ends a job and takes the next one; as `fetch`. With a mailbox as one more key nothing is done, and nothing answered,
   * while that holds something.
   */
  finish: {
    inside: 'moveToFinished',
    args: 9,
    body: `
    local jobs = ARGV[bullArgs + 1]
    local answer = again(KEYS[bullKeys + 1], jobs)
    if not answer then
      local list = KEYS[bullKeys + 6]
      if list and redis.call('LLEN', list) > 0 then return {} end
      answer = bull(slice(KEYS, 1, bullKeys), slice(ARGV, 1, bullArgs))
      quiet(KEYS[1], KEYS[3], KEYS[14])
    end
    return follow(answer, KEYS[bullKeys + 1], slice(KEYS, bullKeys + 2, 4), slice(ARGV, bullArgs + 1, 6))`,
  },
} as const;

/**
 * Two scripts as one: the second finds what the first has done, and nobody is told anything in between. KEYS and ARGV are the
 * first one's, of which there is always the same number, and then the second one's. Answers both answers.
 */
export const together = (first: string, second: string, of: { readonly keys: number; readonly args: number }) => `
local function first(KEYS, ARGV)
${first}
end
local function second(KEYS, ARGV)
${second}
end
local function rest(list, from)
  local part = {}
  for i = from, #list do part[#part + 1] = list[i] end
  return part
end
local answer = first(KEYS, ARGV)
return {answer, second(rest(KEYS, ${of.keys + 1}), rest(ARGV, ${of.args + 1}))}`;

/** The whole text of such a script. */
export function joinedText(name: keyof typeof joined, inside: ScriptText): string {
  const { args, body } = joined[name];
  const takes = name === 'fetch' || name === 'finish';
  return `${basics}${bull(inside)}local bullArgs = ${args}\n${takes ? `${look}${peek}${quiet}${follow}` : wake}${body}`;
}
