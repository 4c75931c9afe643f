import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { inOrder } from './in-order.ts';

/** Writes the first text when it is told to, and the others at once when it is flushed, as pino's does. */
class Slow extends EventEmitter {
  readonly written: string[] = [];
  readonly #under: string[] = [];
  readonly #behind: string[] = [];
  write(text: string): void {
    (this.#under.length === 0 ? this.#under : this.#behind).push(text);
  }
  flushSync(): void {
    this.written.push(...this.#behind.splice(0));
  }
  finish(): void {
    this.written.push(...this.#under.splice(0), ...this.#behind.splice(0));
    this.emit('drain');
  }
}

test('a flush does not overtake what is being written', async () => {
  const stream = new Slow();
  const lines = inOrder(stream);
  lines.write('first');
  lines.write('last');
  const flushed = lines.flush();
  expect(stream.written).toEqual([]);
  stream.finish();
  await flushed;
  expect(stream.written).toEqual(['first', 'last']);
});

test('a flush waits for nothing when all is written', async () => {
  const stream = new Slow();
  const lines = inOrder(stream);
  await lines.flush();
  lines.write('first');
  stream.finish();
  await lines.flush();
  expect(stream.written).toEqual(['first']);
});

test('what nobody takes does not keep the process, and is not overtaken', async () => {
  const stream = new Slow();
  const lines = inOrder(stream);
  lines.write('first');
  lines.write('last');
  await lines.flush();
  lines.flushSync();
  expect(stream.written).toEqual([]);
  stream.finish();
  expect(stream.written).toEqual(['first', 'last']);
  lines.flushSync();
});

test('what cannot be written ends the wait, and is not tried for ever', async () => {
  const stream = new Slow();
  const lines = inOrder(stream);
  lines.write('first');
  lines.write('last');
  const flushed = lines.flush();
  stream.emit('error', new Error('no space left on device'));
  await flushed;
  lines.flushSync();
  expect(stream.written).toEqual([]);
});

test('where nobody reads any more nothing is waited for', async () => {
  const stream = new Slow();
  const lines = inOrder(stream);
  lines.write('first');
  stream.emit('error', Object.assign(new Error('broken pipe'), { code: 'EPIPE' }));
  lines.write('last');
  await lines.flush();
  stream.finish();
  expect(stream.written).toEqual(['first']);
});
