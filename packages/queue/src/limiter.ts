import type { PlatformId, RateLimit } from '@bridge/core';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Keys } from './keys.ts';
import { callCommand } from './scripts.ts';

/** One call that wants to be made. */
export interface Reservation {
  readonly platform: PlatformId;
  /** All that the call counts for; none lets it pass unasked. */
  readonly limits: readonly RateLimit[];
  /** Names the call, so that it finds its place in the line again: a delivery and its step. */
  readonly holder: string;
}

/** Whether a call may be made. */
export interface Turn {
  /** 0: now, and it is counted. Otherwise the milliseconds until this holder's turn, for which its place is kept. */
  readonly waitMs: number;
  /** The limit that it waits for. */
  readonly key?: string;
}

/** Keeps outgoing calls below the platforms' limits, over all processes together. */
export interface Limiter {
  /**
   * All limits or none: a call that has to wait for one counts for no other. Who waits stands in a line, first come, first
   * served, and loses the place by coming later than `graceMs` after the time that it was told.
   */
  reserve(reservation: Reservation): Promise<Turn>;
  /** The platform said that nothing is left under a key: nobody's turn comes before `forMs` have passed. */
  exhaust(what: { readonly platform: PlatformId; readonly key: string; readonly forMs: number }): Promise<void>;
}

/** Who died while waiting holds the others up by one call's share for so long; longer than a busy worker comes late. */
const defaultGraceMs = 10_000;

const microseconds = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local function text(number) return string.format('%.0f', number) end
local function keepFor(key, micros)
  local ms = math.ceil(micros / 1000)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, text(ms)) end
end
`;

const scripts = {
  /**
   * The generic cell rate algorithm: each call moves a limit's time (\`tat\`) on by one interval, and may be made while that time
   * is at most the burst's tolerance ahead of the clock. Only calls that are made move it, so the limit holds whoever comes late
   * or never. Who has to wait joins the line of the limit that makes it wait longest; everybody in a line before one counts
   * as if served first. A place is by when one first had to wait, the same in every line: were it by when one joined that line,
   * two could each stand before the other in one of two lines, and wait for ever. Times are Redis' own, microseconds.
   * KEYS state, line, deadlines of each limit. ARGV holder, grace, then interval and tolerance of each limit.
   * Answers the wait in milliseconds, and which limit asks for it.
   */
  limiter_reserve: `${microseconds}
    local holder, grace = ARGV[1], tonumber(ARGV[2])
    local longest, cause, after, since = 0, 0, {}, now
    for i = 1, #KEYS / 3 do
      local line, deadlines = KEYS[3 * i - 1], KEYS[3 * i]
      for _, late in ipairs(redis.call('ZRANGEBYSCORE', deadlines, '-inf', text(now))) do
        redis.call('ZREM', deadlines, late)
        redis.call('ZREM', line, late)
      end
      since = math.min(since, tonumber(redis.call('ZSCORE', line, holder) or now))
    end
    for i = 1, #KEYS / 3 do
      local line, interval, tolerance = KEYS[3 * i - 1], tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
      local state = redis.call('HMGET', KEYS[3 * i - 2], 'tat', 'closed')
      local tat, closed = math.max(now, tonumber(state[1] or 0)), tonumber(state[2] or 0)
      local ahead = redis.call('ZRANK', line, holder) or redis.call('ZCOUNT', line, '-inf', '(' .. text(since))
      local wait = math.max(closed, math.max(tat, closed) + ahead * interval - tolerance) - now
      if wait > longest then longest, cause = wait, i end
      after[i] = tat + interval
    end
    for i = 1, #KEYS / 3 do
      local state, line, deadlines = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]
      if longest == 0 then
        redis.call('HSET', state, 'tat', text(after[i]))
        keepFor(state, after[i] - now)
        redis.call('ZREM', line, holder)
        redis.call('ZREM', deadlines, holder)
      elseif i == cause or redis.call('ZSCORE', line, holder) then
        redis.call('ZADD', line, 'NX', text(since), holder)
        redis.call('ZADD', deadlines, text(now + longest + grace), holder)
        keepFor(line, longest + grace)
        keepFor(deadlines, longest + grace)
      end
    end
    return {math.ceil(longest / 1000), cause}`,

  /** KEYS state. ARGV milliseconds. A shorter time never cuts a longer one. */
  limiter_exhaust: `${microseconds}
    local micros = tonumber(ARGV[1]) * 1000
    local closed = math.max(now + micros, tonumber(redis.call('HGET', KEYS[1], 'closed') or 0))
    redis.call('HSET', KEYS[1], 'closed', text(closed))
    keepFor(KEYS[1], closed - now)
    return 1`,
} as const;

const answerSchema = z.tuple([z.number(), z.number()]);

/** The limiter of one connection. Each call is one round trip. */
export function createLimiter(options: { readonly redis: Redis; readonly keys: Keys; readonly graceMs?: number }): Limiter {
  const { redis, keys, graceMs = defaultGraceMs } = options;
  for (const [name, lua] of Object.entries(scripts)) if (!Reflect.has(redis, name)) redis.defineCommand(name, { lua });
  const call = async (name: keyof typeof scripts, on: readonly string[], args: readonly (string | number)[]): Promise<unknown> =>
    callCommand(redis, name, [on.length, ...on, ...args]);
  return {
    async reserve({ platform, limits, holder }) {
      if (limits.length === 0) return { waitMs: 0 };
      const on = limits.flatMap(({ key }) => [
        keys.limit(platform, key),
        keys.limitLine(platform, key),
        keys.limitDeadlines(platform, key),
      ]);
      const rates = limits.flatMap((limit) => [intervalOf(limit), (Math.max(1, limit.burst) - 1) * intervalOf(limit)]);
      const [waitMs, cause] = answerSchema.parse(await call('limiter_reserve', on, [holder, graceMs * 1_000, ...rates]));
      const key = limits[cause - 1]?.key;
      return { waitMs, ...(key === undefined ? {} : { key }) };
    },
    async exhaust({ platform, key, forMs }) {
      if (forMs > 0) await call('limiter_exhaust', [keys.limit(platform, key)], [Math.ceil(forMs)]);
    },
  };
}

const intervalOf = ({ count, perMs }: RateLimit): number => Math.ceil((perMs * 1_000) / count);
