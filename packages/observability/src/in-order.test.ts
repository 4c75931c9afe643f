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

test('what nobody takes does not keep the process', async () => {
  const stream = new Slow();
  const lines = inOrder(stream);
  lines.write('first');
  lines.write('last');
  const flushed = lines.flush();
  await flushed;
  expect(stream.written).toEqual(['last']);
});

test('a stream that fails ends the wait', async () => {
  const stream = new Slow();
  stream.on('error', () => undefined);
  const lines = inOrder(stream);
  lines.write('first');
  const flushed = lines.flush();
  stream.emit('error', new Error('no space left on device'));
  await flushed;
  expect(stream.written).toEqual([]);
});
