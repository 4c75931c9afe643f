import type { Log } from '@bridge/core';
import { beforeEach, expect, test } from 'vitest';
import { type Closers, createClosers } from './closers.ts';

let closers: Closers;
let events: string[];
let said: object[];

beforeEach(() => {
  events = [];
  said = [];
  const tell = (fields: object, message: string) => void said.push({ ...fields, message });
  const log: Log = { debug: tell, info: tell, warn: tell, error: tell };
  closers = createClosers(log);
});

const step = (name: string, work: () => Promise<void> = async () => undefined) => ({
  name,
  graceMs: 40,
  close: async () => {
    events.push(`${name} begins`);
    await work();
    events.push(`${name} ends`);
  },
});
const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

test('stages are stopped from the last to the first, what is in one together', async () => {
  closers.add(1, step('redis'));
  closers.add(3, step('ingress', tick));
  closers.add(3, step('gateway'));
  closers.add(2, step('sender'));
  await closers.closeAll();
  expect(events).toEqual([
    'ingress begins',
    'gateway begins',
    'gateway ends',
    'ingress ends',
    'sender begins',
    'sender ends',
    'redis begins',
    'redis ends',
  ]);
  expect(said).toEqual([]);
});

test('one that hangs or fails keeps nobody else from being stopped, and is told', async () => {
  closers.add(
    2,
    step('hangs', () => new Promise(() => undefined)),
  );
  closers.add(
    2,
    step('fails', () => Promise.reject(new Error('no'))),
  );
  closers.add(1, step('last'));
  await closers.closeAll();
  expect(events.slice(-2)).toEqual(['last begins', 'last ends']);
  expect(said).toEqual([
    { what: 'fails', err: expect.any(Error), message: 'did not stop cleanly' },
    { what: 'hangs', graceMs: 40, message: 'did not stop in time' },
  ]);
});

test('each is told how long it has', async () => {
  const given: number[] = [];
  closers.add(1, { name: 'a', graceMs: 1_234, close: async (graceMs) => void given.push(graceMs) });
  await closers.closeAll();
  expect(given).toEqual([1_234]);
});

test('nothing is stopped twice', async () => {
  closers.add(1, step('once'));
  await Promise.all([closers.closeAll(), closers.closeAll()]);
  expect(events).toEqual(['once begins', 'once ends']);
});
