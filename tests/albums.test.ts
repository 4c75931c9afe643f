import { expect, test } from 'vitest';
import { setInstalled } from './support/installed.ts';
import { until } from './support/until.ts';

const here = setInstalled();
const { room } = here;

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

// Only time tells what belongs to an album: a machine that stands still for long enough between two parts tears it.
test('a Telegram album arrives as one message with its caption and all of its pictures', { timeout: 120_000, retry: 1 }, async () => {
  const before = here.shown('discord').length;
  const picture = (name: string) => ({ kind: 'image', name, mime: 'image/png', bytes: png });
  here.world.simulators.telegram.post({
    room: room('telegram'),
    author: here.world.people.telegram,
    text: 'at the sea',
    files: [picture('a.png'), picture('b.png'), picture('c.png')],
  });
  here.world.simulators.telegram.post({ room: room('telegram'), author: here.world.people.telegram, text: 'the end' });
  const shown = () =>
    here
      .shown('discord')
      .slice(before)
      .map(({ text, files = [] }) => [text, files.length]);
  await until(() => shown().some(([text]) => text === 'the end'), { why: () => JSON.stringify(shown()) });
  expect(shown()).toEqual([
    ['at the sea', 3],
    ['the end', 0],
  ]);
});
