import type { SimMessage } from '@bridge/simulators';
import { type RedisServer, startRedis } from '@bridge/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Installation, install } from './processes.ts';
import { type PlatformName, type World, createWorld } from './world.ts';

/** A bridge in one process between one room of each platform, for all the tests of a file. */
export interface Installed {
  readonly world: World;
  readonly bridge: Installation;
  room(platform: PlatformName): string;
  /** What is to be seen in the room by now. */
  shown(platform: PlatformName): readonly SimMessage[];
  /** Of those the ones with this text. */
  matching(platform: PlatformName, text: string): readonly SimMessage[];
}

/** Sets one up before the tests of a file and ends it after them, with exit code 0; `adapt` changes the world that it is for. */
export function setInstalled(adapt: (world: World) => World = (world) => world): Installed {
  let open: { readonly redis: RedisServer; readonly world: World; readonly bridge: Installation } | undefined;
  const opened = () => {
    if (open === undefined) throw new Error('there is a bridge only while the tests run');
    return open;
  };
  beforeAll(async () => {
    const redis = await startRedis({ appendfsync: 'always' });
    const world = adapt(await createWorld());
    open = { redis, world, bridge: await install({ world, redisUrl: redis.url }) };
  });
  afterAll(async () => {
    const { redis, world, bridge } = opened();
    expect((await bridge.stop()).at(-1)).toBe(0);
    await world.close();
    await redis.stop();
  });
  const room = (platform: PlatformName): string => opened().world.rooms[0]?.[platform] ?? '';
  const shown = (platform: PlatformName) =>
    opened()
      .world.simulators[platform].messages(room(platform))
      .filter((message) => !message.deleted);
  return {
    get world() {
      return opened().world;
    },
    get bridge() {
      return opened().bridge;
    },
    room,
    shown,
    matching: (platform, text) => shown(platform).filter((message) => message.text.includes(text)),
  };
}
