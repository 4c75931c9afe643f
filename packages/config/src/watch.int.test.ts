import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStopwatch } from '@bridge/testing/stopwatch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseBridges } from './bridges.ts';
import { fakePlatforms } from './fixtures/fake-platforms.ts';
import type { Problem } from './problem.ts';
import { watchBridges, type WatchOptions } from './watch.ts';

const text = (name: string): string =>
  `bridges:\n  - name: ${name}\n    members:\n      - { platform: pigeon, loft: "1" }\n      - { platform: semaphore, tower: a }\n`;

let folder: string;
let path: string;
let changes: string[];
let problems: Problem[];
let abort: AbortController;
let watching: Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridges-'));
  path = join(folder, 'bridges.yaml');
  [changes, problems, abort] = [[], [], new AbortController()];
});
afterEach(async () => {
  abort.abort();
  await watching;
  await rm(folder, { recursive: true });
});

function watch(options: Partial<WatchOptions> = {}): void {
  watching = watchBridges({
    path,
    parse: (source) => parseBridges(source, { file: path, platforms: fakePlatforms, isOff: () => false }),
    onChange: (bridges) => void changes.push(bridges.map((bridge) => bridge.name).join()),
    onProblem: (list) => void problems.push(...list),
    intervalMs: 20,
    signal: abort.signal,
    ...options,
  });
}
/** In one step, as editors do: a file that is emptied first may be seen empty for as long as the machine likes. */
const put = async (content: string): Promise<void> => {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
};
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 30_000, interval: 10 });

describe('watchBridges', () => {
  it('reports what is written in place', async () => {
    await writeFile(path, text('one'));
    watch({ current: text('one') });
    await writeFile(path, text('two'));
    await until(() => expect(changes).toEqual(['two']));
    await writeFile(path, text('one'));
    await until(() => expect(changes).toEqual(['two', 'one']));
  });

  it('reports the first content when it is not told what is in force', async () => {
    await writeFile(path, text('one'));
    const start = performance.now();
    watch();
    await until(() => expect(changes).toEqual(['one']));
    // An editor has that long to write the rest of it.
    expect(performance.now() - start).toBeGreaterThan(140);
  });

  it('follows an atomic rename', async () => {
    await writeFile(path, text('one'));
    watch({ current: text('one') });
    await writeFile(`${path}.new`, text('two'));
    await rename(`${path}.new`, path);
    await until(() => expect(changes).toEqual(['two']));
  });

  it('takes less than five seconds at the usual interval', async () => {
    await writeFile(path, text('one'));
    watch({ current: text('one'), intervalMs: 2_000 });
    const clock = startStopwatch();
    await writeFile(path, text('two'));
    await until(() => expect(changes).toEqual(['two']));
    expect(clock.elapsedMs()).toBeLessThan(5_000 + clock.slackMs());
  });

  it('refuses a bad file whole, once, with line and fix, and takes the mended one', async () => {
    await writeFile(path, text('one'));
    watch({ current: text('one') });
    await put(text('two').replace('pigeon', 'pidgeon'));
    await until(() => expect(problems).toHaveLength(1));
    expect(problems[0]).toMatchObject({ file: path, line: 4, fix: expect.stringContaining('did you mean pigeon?') });
    await put(text('three'));
    await until(() => expect(changes).toEqual(['three']));
    expect(problems).toHaveLength(1);
  });

  it('says once that the file is gone, and takes it when it is back', async () => {
    await writeFile(path, text('one'));
    watch({ current: text('one') });
    await rm(path);
    await until(() =>
      expect(problems.map((problem) => problem.message)).toEqual([
        expect.stringMatching(/cannot be read any more \(ENOENT\); the last good one stays/),
      ]),
    );
    await writeFile(path, text('two'));
    await until(() => expect(changes).toEqual(['two']));
  });

  it('does not take a half-written file', async () => {
    await writeFile(path, text('one'));
    const parsed: string[] = [];
    const settling: (() => void)[] = [];
    watch({
      current: text('one'),
      settle: (signal) =>
        new Promise((resolve) => {
          settling.push(resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        }),
      parse: (source) => {
        parsed.push(source);
        return parseBridges(source, { file: path, platforms: fakePlatforms, isOff: () => false });
      },
    });
    const whole = text('two') + text('three').replace('bridges:\n', '');
    // Each part is looked at, and is no more what stands there when it would count.
    for (const end of [10, 120, 125, whole.length]) {
      await writeFile(path, whole.slice(0, end));
      for (const settle of settling.splice(0)) settle();
      await until(() => expect(settling).toHaveLength(1));
    }
    for (const settle of settling.splice(0)) settle();
    await until(() => expect(changes).toEqual(['two,three']));
    expect(parsed).toEqual([whole]);
  });

  it('goes on when what is done with a change fails', async () => {
    await writeFile(path, text('one'));
    let calls = 0;
    watch({
      current: text('one'),
      onChange: (bridges) => {
        calls += 1;
        if (calls === 1) throw new Error('boom');
        changes.push(bridges.map((bridge) => bridge.name).join());
      },
    });
    await put(text('two'));
    await until(() => expect(problems[0]?.message).toContain('could not be put in force'));
    await put(text('three'));
    await until(() => expect(changes).toEqual(['three']));
  });

  it('resolves at once when it is aborted', async () => {
    await writeFile(path, text('one'));
    watch({ intervalMs: 60_000 });
    await until(() => expect(changes).toEqual(['one']));
    const start = performance.now();
    abort.abort();
    await watching;
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
