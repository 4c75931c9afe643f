import { type PlatformName, type World, platformNames } from './world.ts';

/** What was written by people and must arrive: one entry per message and target room, in the order written. */
export interface Ledger {
  /** Writes the next message of this room's own numbering. */
  write(platform: PlatformName, room: number): void;
  readonly written: number;
  /** How many of the expected copies have arrived. */
  arrived(): number;
  /** Compares what was written with what arrived. */
  audit(): Audit;
}

export interface Audit {
  readonly expected: number;
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
  /** Arrived after a later one of the same source room. */
  readonly reordered: readonly string[];
  /** Bridged messages that nobody wrote. */
  readonly unexpected: readonly string[];
}

/** `m:<platform>:<room>:<number>`: unique over the whole run, and found wherever it ends up. */
const token = /m:(cometchat|discord|telegram):(\d+):(\d+);/;

export function createLedger(world: World): Ledger {
  const counts = new Map<string, number>();
  let written = 0;
  let copies = 0;
  for (const platform of platformNames) {
    world.simulators[platform].onChange(({ kind, message }) => {
      if (kind === 'posted' && message.viaApi) copies += 1;
    });
  }
  return {
    write: (platform, room) => {
      const key = `${platform}:${room}`;
      const number = counts.get(key) ?? 0;
      counts.set(key, number + 1);
      written += 1;
      world.simulators[platform].post({
        room: world.rooms[room]?.[platform] ?? '',
        author: world.people[platform],
        text: `m:${key}:${number}; some words`,
      });
    },
    get written() {
      return written;
    },
    arrived: () => copies,
    audit: () => audit(world, counts),
  };
}

function audit(world: World, counts: ReadonlyMap<string, number>): Audit {
  const result = { expected: 0, lost: [] as string[], duplicated: [] as string[], reordered: [] as string[], unexpected: [] as string[] };
  for (const target of platformNames) {
    for (const [room, ids] of world.rooms.entries())
      auditRoom({
        world,
        target,
        room,
        messages: world.simulators[target]
          .messages(ids[target])
          .filter((message) => message.viaApi)
          .map((message) => message.text),
        counts,
        result,
      });
  }
  return result;
}

interface RoomAudit {
  readonly world: World;
  readonly target: PlatformName;
  readonly room: number;
  readonly messages: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  readonly result: { expected: number; lost: string[]; duplicated: string[]; reordered: string[]; unexpected: string[] };
}

function auditRoom({ target, room, messages, counts, result }: RoomAudit): void {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const text of messages) {
    const [found, platform = '', from = '', number = ''] = token.exec(text) ?? [];
    if (found === undefined || Number(from) !== room || platform === target) {
      result.unexpected.push(`${target} ${room}: ${text.slice(0, 80)}`);
      continue;
    }
    if (seen.has(found)) result.duplicated.push(`${target}: ${found}`);
    else if (Number(number) < (last.get(platform) ?? -1)) result.reordered.push(`${target}: ${found}`);
    seen.add(found);
    last.set(platform, Math.max(Number(number), last.get(platform) ?? -1));
  }
  for (const source of platformNames.filter((platform) => platform !== target)) {
    const count = counts.get(`${source}:${room}`) ?? 0;
    result.expected += count;
    for (let number = 0; number < count; number += 1) {
      if (!seen.has(`m:${source}:${room}:${number};`)) result.lost.push(`${target}: m:${source}:${room}:${number};`);
    }
  }
}
