import { addForeignScript, type ForeignScript, type Keys, keyPart } from '@bridge/queue';
import type { ChainableCommander } from 'ioredis';
import { minuteOf, slotOf } from './flow.ts';
import type { JourneyStep } from './journeys.ts';

/** How much is kept of journeys. Together some 100 MB of Redis at most; see docs/operations.md for how that was measured. */
export interface JourneyLimits {
  /** Steps that are followed live, of all events together. */
  readonly steps: number;
  /** Events that are found by their id; the one that has been quiet for longest goes first. */
  readonly events: number;
  /** Steps of one event: one that is tried for a whole day has some thirty. */
  readonly stepsOfOne: number;
  /** How long an event is found after its last step. */
  readonly seconds: number;
}

/** What is kept unless a test says otherwise. */
export const journeyLimits: JourneyLimits = { steps: 20_000, events: 50_000, stepsOfOne: 100, seconds: 7 * 24 * 3_600 };

/**
 * Everything that one step leaves behind, as one command of the transaction that makes it true: the live stream, the event's own
 * journey with what finds it, and what is counted. Whatever falls out of the limits is removed here too, a few at a time.
 * KEYS stream, journey, index, texts, last, minute, slot. ARGV step, event, hash of the text, way (in, out or ''), platform,
 * conversation, prefix of journeys, limits: steps, events, steps of one, seconds; then the bridges.
 */
const lua = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local seconds = tonumber(ARGV[11])
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[8], '*', 'step', ARGV[1])
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('LTRIM', KEYS[2], -tonumber(ARGV[10]), -1)
redis.call('EXPIRE', KEYS[2], seconds + 86400)
redis.call('ZADD', KEYS[3], now, ARGV[2])
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[4], 0, ARGV[3] .. ' ' .. ARGV[2]) end
if redis.call('ZCARD', KEYS[4]) > 2 * tonumber(ARGV[9]) then redis.call('ZPOPMIN', KEYS[4], 2) end
for _ = 1, 4 do
  local oldest = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
  if not oldest[1] then break end
  if redis.call('ZCARD', KEYS[3]) <= tonumber(ARGV[9]) and tonumber(oldest[2]) > now - seconds * 1000 then break end
  local journey = ARGV[7] .. oldest[1]
  for _, step in ipairs(redis.call('LRANGE', journey, 0, -1)) do
    local text = string.match(step, '"textHash":"([%w_-]+)"')
    if text then redis.call('ZREM', KEYS[4], text .. ' ' .. oldest[1]) end
  end
  redis.call('UNLINK', journey)
  redis.call('ZREM', KEYS[3], oldest[1])
end
redis.call('EXPIRE', KEYS[3], seconds + 86400)
redis.call('EXPIRE', KEYS[4], seconds + 86400)
if ARGV[4] ~= '' then
  local way = ARGV[4] .. ' ' .. ARGV[5]
  redis.call('HSET', KEYS[5], way, now, ARGV[4] .. ' ' .. ARGV[6], now)
  redis.call('HINCRBY', KEYS[6], way, 1)
  redis.call('EXPIRE', KEYS[6], 7200)
  for i = 12, #ARGV do redis.call('HINCRBY', KEYS[7], ARGV[i], 1) end
  if #ARGV > 11 then redis.call('EXPIRE', KEYS[7], 7200) end
end
return 1`;

const script: ForeignScript = { name: 'journey_step', lua };

/** Which way a message of this step went, and where. */
function flowOf(step: JourneyStep): { readonly way: 'in' | 'out' | ''; readonly platform: string; readonly conversation: string } {
  if (step.type !== 'message.created') return nowhere;
  if (step.step === 'routed' && step.source !== undefined) return { way: 'in', ...step.source };
  if (step.step === 'delivered' && step.target !== undefined) return { way: 'out', ...step.target };
  return nowhere;
}
const nowhere = { way: '', platform: '', conversation: '' } as const;

/** What of a step goes where. */
export interface AddedStep {
  readonly keys: Keys;
  readonly limits: JourneyLimits;
  readonly step: JourneyStep;
}

/** Adds a step to the transaction that makes it true. */
export function addStep(transaction: ChainableCommander, { keys, limits, step }: AddedStep): void {
  const { way, platform, conversation } = flowOf(step);
  const { steps, events, stepsOfOne, seconds } = limits;
  const { journeys, journeyIndex, journeyTexts, flowLast } = keys;
  const bridges = way === 'in' ? (step.bridges ?? []) : [];
  addForeignScript(transaction, script, {
    keys: [
      journeys,
      keys.journey(step.event),
      journeyIndex,
      journeyTexts,
      flowLast,
      keys.flowMinute(minuteOf(step.at)),
      keys.flowSlot(slotOf(step.at)),
    ],
    args: [
      JSON.stringify(step),
      keyPart(step.event),
      step.textHash ?? '',
      way,
      keyPart(platform),
      way === '' ? '' : keys.conversation({ platform, conversation }),
      keys.journeyPrefix,
      steps,
      events,
      stepsOfOne,
      seconds,
      ...bridges,
    ],
  });
}
