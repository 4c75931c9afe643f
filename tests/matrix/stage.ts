import { createHash, randomBytes } from 'node:crypto';
import type { SimFile, SimMessage } from '@bridge/simulators';
import { startRedis } from '@bridge/testing';
import { type Installation, install } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { type PlatformName, type World, createWorld, platformNames } from '../support/world.ts';

/**
 * One bridge with two rooms on each platform, so that every platform can be the source of what is shown on every platform,
 * itself as well: written in the second room, shown in the first.
 */
export interface Stage {
  readonly world: World;
  readonly bridge: Installation;
  /** Where a platform's people write. */
  from(platform: PlatformName): { readonly room: string; readonly author: string };
  /** What is shown in the room that is looked at, by now. */
  shown(platform: PlatformName): readonly SimMessage[];
  /** Of those the copy that has this text, as soon as it is there. */
  arrived(platform: PlatformName, text: string): Promise<SimMessage>;
  /** Of a message that is there, what is true of it now; waits until that is so. */
  becomes(platform: PlatformName, id: string, what: (message: SimMessage | undefined) => boolean): Promise<void>;
  close(): Promise<readonly (number | null)[]>;
}

/** `before` does something before there is a bridge. */
export async function openStage({ before }: { before?(world: World): void } = {}): Promise<Stage> {
  const redis = await startRedis({ appendfsync: 'always' });
  const world = await createWorld({ bridges: 2 });
  before?.(world);
  const bridge = await install({ world: { ...world, bridgesYaml: oneBridge(world) }, redisUrl: redis.url });
  const shown: Stage['shown'] = (platform) =>
    world.simulators[platform].messages(world.rooms[0]?.[platform] ?? '').filter((message) => message.viaApi && !message.deleted);
  const told = (platform: PlatformName) => JSON.stringify(shown(platform).slice(-3));
  return {
    world,
    bridge,
    from: (platform) => ({ room: world.rooms[1]?.[platform] ?? '', author: world.people[platform] }),
    shown,
    async arrived(platform, text) {
      const find = () => shown(platform).find((message) => message.text.includes(text));
      await until(() => find() !== undefined, { why: () => `“${text}” on ${platform}: ${told(platform)}` });
      return find() ?? never();
    },
    async becomes(platform, id, what) {
      await until(() => what(shown(platform).find((message) => message.id === id)), { why: () => told(platform) });
    },
    async close() {
      const codes = await bridge.stop();
      await world.close();
      await redis.stop();
      return codes;
    },
  };
}

const never = (): never => {
  throw new Error('it was there a moment ago');
};

function oneBridge({ rooms }: World): string {
  const keys: Readonly<Record<PlatformName, string>> = { cometchat: 'group', discord: 'channel', telegram: 'chat' };
  const members = rooms.flatMap((room) =>
    platformNames.map((platform) => `      - { platform: ${platform}, ${keys[platform]}: "${room[platform]}" }`),
  );
  return `bridges:\n  - name: all\n    members:\n${members.join('\n')}\n`;
}

let count = 0;
/** Found again wherever it ends up. */
export const fresh = (what: string): string => `${what} ${(count += 1)}.`;

const heads: Readonly<Record<string, readonly number[]>> = {
  'image/png': [...Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')],
  'image/gif': [...Buffer.from('GIF89a')],
  'video/mp4': [0, 0, 0, 0x18, ...Buffer.from('ftypmp42')],
  'video/webm': [0x1a, 0x45, 0xdf, 0xa3],
  'audio/mpeg': [...Buffer.from('ID3\u0003\0')],
  'audio/ogg': [...Buffer.from('OggS\0\u0002')],
  'application/x-tgsticker': [0x1f, 0x8b, 8, 0],
};

/** A file that no other has the bytes of, with the head of its type. */
export const fileOf = (kind: string, name: string, mime: string): SimFile => ({
  kind,
  name,
  mime,
  bytes: Buffer.concat([Buffer.from(heads[mime] ?? []), randomBytes(3_000)]),
});
export const digestOf = ({ bytes }: SimFile): string => createHash('sha256').update(bytes).digest('hex');
