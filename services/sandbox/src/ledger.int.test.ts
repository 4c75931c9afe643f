import { expect, test } from 'vitest';
import { createLedger } from './ledger.ts';
import { createWorld } from './world.ts';

test('every message counts twice, until both copies are there, and is lost only when nothing waits any more', async ({
  onTestFinished,
}) => {
  const world = await createWorld();
  onTestFinished(() => world.close());
  let time = 0;
  const ledger = createLedger(world, () => time);
  const [chat] = world.chats;
  chat?.post('ana', 'one');
  chat?.post('bo', 'two');
  expect(ledger.view({ waiting: 3, dead: 0 })).toEqual({ written: 2, arrived: 0, underWay: 4, dead: 0, lost: 0 });
  expect(ledger.view({ waiting: 0, dead: 1 })).toEqual({ written: 2, arrived: 0, underWay: 3, dead: 1, lost: 0 });
  time = 60_000;
  // A bridge that does not answer has lost nothing yet, nor has one in which something waits.
  expect([ledger.view(undefined).lost, ledger.view({ waiting: 1, dead: 0 }).lost]).toEqual([0, 0]);
  expect(ledger.view({ waiting: 0, dead: 1 })).toEqual({ written: 2, arrived: 0, underWay: 0, dead: 1, lost: 3 });
  ledger.close();
});
