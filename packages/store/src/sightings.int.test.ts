import { randomUUID } from 'node:crypto';
import { createKeys, producerConnection } from '@bridge/queue';
import { expect, test, vi } from 'vitest';
import { setRedis } from './fixtures/redis.ts';
import { createSightings } from './sightings.ts';

const here = setRedis();

const open = (prefix: string = randomUUID()) => createSightings({ redis: here.redis, keys: createKeys({ prefix }) });

test('each kind of each platform has its time, seen by every process', async () => {
  const prefix = randomUUID();
  const [one, other] = [open(prefix), open(prefix)];
  expect(await other.of('pigeon')).toEqual({});
  one.note('pigeon', 'refused');
  one.note('raven', 'missed');
  await vi.waitFor(async () => expect(await other.of('raven')).toEqual({ missed: expect.any(Number) }));
  expect(await other.of('pigeon')).toEqual({ refused: expect.any(Number) });
});

test('however often it happens it is written rarely, and the last one always', async () => {
  const hset = vi.spyOn(here.redis, 'hset');
  const sightings = open();
  for (let n = 0; n < 1_000; n += 1) {
    sightings.note('pigeon', 'accepted');
    sightings.note('pigeon', 'refused');
  }
  expect(hset).toHaveBeenCalledTimes(2);
  const first = Date.now();
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(first));
  const last = Date.now();
  sightings.note('pigeon', 'accepted');
  await vi.waitFor(async () => expect((await sightings.of('pigeon')).accepted).toBeGreaterThanOrEqual(last), { timeout: 20_000 });
  const { accepted = 0, refused = 0 } = await sightings.of('pigeon');
  expect(accepted).toBeGreaterThan(refused);
  expect(hset.mock.calls.length).toBeLessThanOrEqual(4);
  hset.mockRestore();
});

test('a Redis that is away is nobody’s trouble', async () => {
  const away = producerConnection({ target: { kind: 'single', url: 'redis://127.0.0.1:1' }, onError: () => undefined });
  createSightings({ redis: away, keys: createKeys({ prefix: randomUUID() }) }).note('pigeon', 'accepted');
  await new Promise((resolve) => setImmediate(resolve));
  away.disconnect();
});
