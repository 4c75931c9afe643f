import type { Finding } from '@bridge/core';
import type { Redis } from 'ioredis';
import { waitUntilReady } from './connections.ts';

/** What a Redis says of itself. */
export interface RedisFacts {
  /** `INFO`, one entry per line. */
  readonly info: ReadonlyMap<string, string>;
  /** `CONFIG GET appendfsync`; absent where a provider does not let one ask. */
  readonly appendfsync?: string;
  /** How far its clock is surely ahead of ours, milliseconds; what the round trip may have taken is left out. */
  readonly aheadMs: number;
}

/**
 * Looks at the Redis behind a connection. Total: one that does not answer is a finding.
 */
export async function lookAtRedis(redis: Redis, timeoutMs = 3_000): Promise<readonly Finding[]> {
  try {
    await waitUntilReady(redis, timeoutMs);
    return judgeRedis(await factsOf(redis));
  } catch (error) {
    return [unreachable(error)];
  }
}

async function factsOf(redis: Redis): Promise<RedisFacts> {
  const text = await redis.info();
  const before = Date.now();
  const [seconds, microseconds] = await redis.time();
  const after = Date.now();
  const answer: unknown = await redis.config('GET', 'appendfsync').catch(() => undefined);
  const appendfsync = Array.isArray(answer) && typeof answer[1] === 'string' ? { appendfsync: answer[1] } : {};
  const theirs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  return { info: parseInfo(text), ...appendfsync, aheadMs: theirs - Math.min(Math.max(theirs, before), after) };
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const));
}

/** What is right and wrong with a Redis for the guarantees that the bridge gives; the first finding is that it answers. */
export function judgeRedis(facts: RedisFacts): readonly Finding[] {
  return [
    { check: 'reachable', status: 'pass', detail: 'It answers.' },
    version(facts),
    role(facts),
    ...persistence(facts),
    eviction(facts),
    memory(facts),
    clock(facts),
  ];
}

function unreachable(error: unknown): Finding {
  const why = error instanceof Error ? error.message : 'unknown reason';
  const login = /NOAUTH|WRONGPASS|AUTH/.test(why);
  const fix = login
    ? 'put the password into REDIS_URL: redis://:password@host:6379'
    : 'start Redis, and see that REDIS_URL names it and that no firewall is in between; `redis-cli -u "$REDIS_URL" ping` asks the same';
  return { check: 'reachable', status: 'fail', detail: login ? 'It wants a password, or another one.' : `It does not answer: ${why}`, fix };
}

/** What BullMQ asks for; older ones lack commands that it uses. */
const oldest = [6, 2] as const;

function version({ info }: RedisFacts): Finding {
  const valkey = info.get('valkey_version');
  const text = info.get('redis_version') ?? 'unknown';
  const [major = 0, minor = 0] = text.split('.').map(Number);
  const shown = valkey === undefined ? `Redis ${text}` : `Valkey ${valkey}`;
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return { check: 'version', status: 'pass', detail: `${shown}.` };
  const detail = `${shown} is older than ${oldest.join('.')}, which the queues need.`;
  return { check: 'version', status: 'fail', detail, fix: 'run Redis 8 or Valkey 8; its data folder can be kept' };
}

function role({ info }: RedisFacts): Finding {
  if (info.get('role') !== 'slave') return { check: 'role', status: 'pass', detail: 'It takes writes.' };
  return {
    check: 'role',
    status: 'fail',
    detail: 'It is a replica, which takes no writes.',
    fix: 'let REDIS_URL name the primary, or use REDIS_SENTINELS',
  };
}

function persistence({ info, appendfsync }: RedisFacts): readonly Finding[] {
  if (info.get('aof_enabled') !== '1') {
    const detail = 'Nothing accepted is on disk until the next snapshot: a crash loses messages that were already acknowledged.';
    const fix = '`redis-cli config set appendonly yes && redis-cli config set appendfsync always`, and the same in redis.conf';
    return [{ check: 'persistence', status: 'fail', detail, fix }];
  }
  const written = info.get('aof_last_write_status') ?? 'ok';
  const failing: Finding = {
    check: 'disk',
    status: 'fail',
    detail: 'Redis could not write its append-only file.',
    fix: 'make room on its disk, and look into its log',
  };
  return [fsync(appendfsync), ...(written === 'ok' ? [] : [failing])];
}

function fsync(policy: string | undefined): Finding {
  if (policy === 'always') return { check: 'persistence', status: 'pass', detail: 'What it acknowledged is on disk (appendfsync always).' };
  if (policy === undefined) {
    const detail = 'It has an append-only file; whether that is written at once it does not tell.';
    return { check: 'persistence', status: 'warn', detail, fix: 'see that appendfsync is always, in the settings of your Redis provider' };
  }
  const detail = `appendfsync is ${policy}: a crash may lose what was acknowledged in the last second or so.`;
  return { check: 'persistence', status: 'warn', detail, fix: '`redis-cli config set appendfsync always`, and the same in redis.conf' };
}

function eviction({ info }: RedisFacts): Finding {
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction') return { check: 'eviction', status: 'pass', detail: 'It throws nothing away (noeviction).' };
  const detail = `maxmemory-policy is ${policy}: when memory is short it deletes messages.`;
  return {
    check: 'eviction',
    status: 'fail',
    detail,
    fix: '`redis-cli config set maxmemory-policy noeviction`, and the same in redis.conf',
  };
}

const nearlyFull = 0.8;

function memory({ info }: RedisFacts): Finding {
  const [used, limit] = [Number(info.get('used_memory') ?? 0), Number(info.get('maxmemory') ?? 0)];
  const megabytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MB`;
  if (limit === 0) return { check: 'memory', status: 'pass', detail: `${megabytes(used)} are used; it sets itself no limit.` };
  const detail = `${megabytes(used)} of ${megabytes(limit)} are used.`;
  if (used < limit * nearlyFull) return { check: 'memory', status: 'pass', detail };
  const fix = 'raise maxmemory; when it is full, webhooks are refused with 503 until there is room';
  return { check: 'memory', status: 'warn', detail, fix };
}

/** Leases, delays and the age of messages are told by clocks of several machines. */
const skew = { warnMs: 1_000, failMs: 30_000 };

function clock({ aheadMs }: RedisFacts): Finding {
  const apart = Math.abs(aheadMs);
  const seconds = (apart / 1_000).toFixed(apart < 10_000 ? 1 : 0);
  if (apart < skew.warnMs) return { check: 'clock', status: 'pass', detail: 'Its clock and ours agree.' };
  const detail = `Its clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's.`;
  const fix = 'let both machines set their clocks from the network: `timedatectl set-ntp true`';
  return { check: 'clock', status: apart < skew.failMs ? 'warn' : 'fail', detail, fix };
}
