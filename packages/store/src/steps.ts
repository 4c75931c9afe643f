import { addForeignScript, type ForeignScript, type Keys, keyPart } from '@bridge/queue';
import type { ChainableCommander } from 'ioredis';
import { flowSeconds, minuteOf, slotOf } from './flow.ts';
import type { JourneyStep } from './journeys.ts';

/** How much is kept of journeys. Together some 60 MB of Redis at most, measured with long ids and two deliveries for each message. */
export interface JourneyLimits {
  /** Steps that are followed live, of all events together. */
  readonly steps: number;
  /** Events that are found by their id; the oldest goes first. */
  readonly events: number;
  /** Steps of one event: one that is tried for a whole day has some thirty. */
  readonly stepsOfOne: number;
  /** How long an event is found. */
  readonly seconds: number;
}

/** What is kept unless a test says otherwise. */
export const journeyLimits: JourneyLimits = { steps: 20_000, events: 25_000, stepsOfOne: 100, seconds: 7 * 24 * 3_600 };

/**
 * The first step of an event makes its journey. A script, since what a command costs is mostly paid where it is sent from.
 * KEYS stream, journey, index, texts, last, minute, slot. ARGV step, event, hash of the text, field of the platform and of the
 * conversation that a message came in from ('' for none), most steps, seconds, the time (ms); then the bridges.
 */
const beginning: ForeignScript = {
  name: 'journey_begin',
  lua: `
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[6], '*', 'step', ARGV[1])
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[7])
redis.call('ZADD', KEYS[3], ARGV[8], ARGV[2])
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[4], 0, ARGV[3] .. ' ' .. ARGV[2]) end
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[5], ARGV[4], ARGV[8], ARGV[5], ARGV[8])
  if redis.call('HINCRBY', KEYS[6], ARGV[4], 1) == 1 then redis.call('EXPIRE', KEYS[6], ${flowSeconds}) end
  for i = 9, #ARGV do
    if redis.call('HINCRBY', KEYS[7], ARGV[i], 1) == 1 then redis.call('EXPIRE', KEYS[7], ${flowSeconds}) end
  end
end
return 1`,
};

/**
 * Later steps of an event that is forgotten already are not kept; the list would have no end.
 * KEYS stream, journey, last, minute. ARGV step, most steps, steps of one to keep (0 for all), field of the platform and of the
 * conversation that a message went to ('' for none), the time (ms).
 */
const going: ForeignScript = {
  name: 'journey_go_on',
  lua: `
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'step', ARGV[1])
redis.call('RPUSHX', KEYS[2], ARGV[1])
if ARGV[3] ~= '0' then redis.call('LTRIM', KEYS[2], -tonumber(ARGV[3]), -1) end
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[4], ARGV[6], ARGV[5], ARGV[6])
  if redis.call('HINCRBY', KEYS[4], ARGV[4], 1) == 1 then redis.call('EXPIRE', KEYS[4], ${flowSeconds}) end
end
return 1`,
};

/**
 * Forgets what is beyond the limits, the oldest first, some hundred at a time.
 * KEYS index, texts. ARGV prefix of journeys, most events, the time (ms) before which all are too old, seconds that all of it may
 * stay where nothing comes any more.
 */
const forgetting: ForeignScript = {
  name: 'journey_forget',
  lua: `
local function forget(events, step)
  for i = 1, #events, step do
    local journey = ARGV[1] .. events[i]
    for _, text in ipairs(redis.call('LRANGE', journey, 0, -1)) do
      local hash = string.match(text, '"textHash":"([%w_-]+)"')
      if hash then redis.call('ZREM', KEYS[2], hash .. ' ' .. events[i]) end
    end
    redis.call('UNLINK', journey)
    redis.call('ZREM', KEYS[1], events[i])
  end
end
local most = tonumber(ARGV[2])
local over = redis.call('ZCARD', KEYS[1]) - most
if over > 0 then forget(redis.call('ZPOPMIN', KEYS[1], math.min(over, 500)), 2) end
forget(redis.call('ZRANGE', KEYS[1], '-inf', '(' .. ARGV[3], 'BYSCORE', 'LIMIT', 0, 100), 1)
if redis.call('ZCARD', KEYS[2]) > 2 * most then redis.call('ZPOPMIN', KEYS[2], 500) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return over`,
};

/** One in so many new events pays for forgetting the old ones. */
const forgetEvery = 100;
const daySeconds = 86_400;

/** Writes steps, and remembers when it last forgot some. */
export interface StepWriter {
  /** Adds a step to the transaction that makes it true: one command. */
  add(transaction: ChainableCommander, step: JourneyStep): void;
}

export function createStepWriter(keys: Keys, limits: JourneyLimits): StepWriter {
  let begun = 0;
  return {
    add(transaction, step) {
      if (step.target !== undefined) return goOn(transaction, { keys, limits, step });
      begin(transaction, { keys, limits, step });
      if (begun % forgetEvery === 0) forget(transaction, { keys, limits, step });
      begun += 1;
    },
  };
}

interface Added {
  readonly keys: Keys;
  readonly limits: JourneyLimits;
  readonly step: JourneyStep;
}

type Place = NonNullable<JourneyStep['source']>;

/** The fields of what is counted; empty where nothing is. */
function fieldsOf(way: 'in' | 'out', keys: Keys, place: Place | undefined): readonly [platform: string, conversation: string] {
  return place === undefined ? ['', ''] : [`${way} ${keyPart(place.platform)}`, `${way} ${keys.conversation(place)}`];
}

function begin(transaction: ChainableCommander, { keys, limits, step }: Added): void {
  const { journeys, journeyIndex, journeyTexts, flowLast } = keys;
  const from = step.type === 'message.created' && step.step === 'routed' ? step.source : undefined;
  const [minute, slot] = [keys.flowMinute(minuteOf(step.at)), keys.flowSlot(slotOf(step.at))];
  // A day longer than its place in the index, from which it is forgotten together with what finds it.
  const seconds = limits.seconds + daySeconds;
  const found = [keyPart(step.event), step.textHash ?? '', ...fieldsOf('in', keys, from)];
  addForeignScript(transaction, beginning, {
    keys: [journeys, keys.journey(step.event), journeyIndex, journeyTexts, flowLast, minute, slot],
    args: [JSON.stringify(step), ...found, limits.steps, seconds, step.at, ...(step.bridges ?? [])],
  });
}

function goOn(transaction: ChainableCommander, { keys, limits, step }: Added): void {
  const to = step.type === 'message.created' && step.step === 'delivered' ? step.target : undefined;
  // Only waiting can repeat itself for long.
  const kept = step.step === 'waiting' ? limits.stepsOfOne : 0;
  addForeignScript(transaction, going, {
    keys: [keys.journeys, keys.journey(step.event), keys.flowLast, keys.flowMinute(minuteOf(step.at))],
    args: [JSON.stringify(step), limits.steps, kept, ...fieldsOf('out', keys, to), step.at],
  });
}

function forget(transaction: ChainableCommander, { keys, limits, step }: Added): void {
  const { events, seconds } = limits;
  addForeignScript(transaction, forgetting, {
    keys: [keys.journeyIndex, keys.journeyTexts],
    args: [keys.journeyPrefix, events, step.at - seconds * 1_000, seconds + daySeconds],
  });
}
