import type { Fault } from '@bridge/simulators';
import type { BreakRequest, FaultName } from './protocol.ts';
import type { World } from './world.ts';

const faults: Readonly<Record<Exclude<FaultName, 'ok'>, Fault>> = {
  fails: { kind: 'status', status: 500 },
  limited: { kind: 'rate-limit', retryAfterMs: 3_000 },
  hangs: { kind: 'hang' },
  'drops-answers': { kind: 'accept-then-reset' },
};
/** What the bridge writes; reading goes on. */
const writes = /^(?:POST|PUT|PATCH|DELETE) /;

/** What a visitor may do to the bridge and its world. */
export interface Breaking {
  set(platform: string, fault: FaultName): void;
  act(what: BreakRequest['what']): Promise<void>;
  /** The fault that each platform has now. */
  readonly faults: Readonly<Record<string, FaultName>>;
}

export interface BreakingOptions {
  readonly world: World;
  /** Kills the bridge as `kill -9` does. */
  readonly kill: () => void;
  /** Makes Redis answer nobody for a while. */
  readonly silence: (ms: number) => Promise<void>;
}

const burst = 500;
const silentMs = 3_000;

/** Faults by hand: in the simulators, in Redis, in the bridge's own process. */
export function createBreaking({ world, kill, silence }: BreakingOptions): Breaking {
  const now: Record<string, FaultName> = Object.fromEntries(world.chats.map(({ platform }) => [platform, 'ok']));
  return {
    faults: now,
    set(platform, fault) {
      const chat = world.chats.find((one) => one.platform === platform);
      if (chat === undefined) throw new Error('There is no such chat.');
      chat.simulator.faults.clear();
      if (fault !== 'ok') chat.simulator.faults.add({ fault: faults[fault], match: writes });
      now[platform] = fault;
    },
    async act(what) {
      switch (what) {
        case 'kill-bridge':
          return kill();
        case 'silence-redis':
          return silence(silentMs);
        case 'cut-gateway':
          return world.cutGateway();
        case 'burst':
          return writeBurst(world);
      }
    },
  };
}

/** Many messages by everybody, as fast as they can be written. */
function writeBurst({ chats }: World): void {
  for (let n = 1; n <= burst; n += 1) {
    const chat = chats[n % chats.length];
    const author = chat?.simulator.people[Math.floor(n / chats.length) % chat.simulator.people.length];
    if (author !== undefined) chat?.post(author.id, `${n} of ${burst}`);
  }
}
