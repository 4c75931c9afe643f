import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type LoggerOptions, createLogger } from './logger.ts';

const secret = 'the-secret/of+them all';
const folders: string[] = [];
afterEach(async () => void (await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))));

async function logger(options: Partial<LoggerOptions> = {}) {
  const written: string[] = [];
  const made = await createLogger({ level: 'trace', secrets: [secret], write: (line) => void written.push(line), ...options });
  const parsed = () => written.map((line): unknown => JSON.parse(line));
  return { ...made, written, parsed };
}

describe('a line', () => {
  test('is one JSON object with time, level, base fields and message', async () => {
    const { log, written, parsed } = await logger({ base: { roles: 'router', pid: 7 } });
    log.info({ delivery: 'd1' }, 'delivery.attempted');
    expect(written[0]).toMatch(/^\{.*\}\n$/);
    expect(parsed()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        roles: 'router',
        pid: 7,
        delivery: 'd1',
        msg: 'delivery.attempted',
      },
    ]);
  });

  test('holds no secret, in whatever form it got there', async () => {
    const { log, written } = await logger();
    log.warn({ plain: secret, nested: [{ header: `Basic ${Buffer.from(`user:${secret}`).toString('base64')}` }] }, secret);
    log.warn({ url: `https://a.example/?key=${encodeURIComponent(secret)}` }, 'encoded');
    log.child({ token: secret }).warn({}, 'from a child');
    for (const line of written) {
      expect(line).toContain('[secret]');
      for (const form of [secret, encodeURIComponent(secret), 'the-secret', Buffer.from(secret).toString('base64').slice(4, -4)])
        expect(line).not.toContain(form);
      expect(() => JSON.parse(line)).not.toThrow();
    }
  });

  test.each(['err', 'error', 'reason', 'anything'])('describes an error under %s by allow-list', async (key) => {
    const { log, written, parsed } = await logger();
    const error = Object.assign(new Error('failed'), { config: { headers: { apikey: 'k' } }, toJSON: () => ({ leak: 'people’s words' }) });
    log.error({ [key]: error, other: 1 }, 'failed');
    expect(parsed()).toMatchObject([{ [key]: { name: 'Error', message: 'failed' }, other: 1 }]);
    expect(written[0]).not.toMatch(/apikey|leak|words/);
  });

  test('describes an error that is logged alone', async () => {
    const { log, written, parsed } = await logger();
    log.error(Object.assign(new Error('alone'), { url: 'https://x' }));
    expect(parsed()).toMatchObject([{ err: { name: 'Error', message: 'alone' }, msg: 'alone' }]);
    expect(written[0]).not.toContain('https://x');
  });
});

test.each([
  ['warn', ['warn', 'error']],
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['silent', []],
])('at level %s the lines are %j', async (level, expected) => {
  const { log, parsed } = await logger({ level });
  log.debug({}, 'debug');
  log.info({}, 'info');
  log.warn({}, 'warn');
  log.error({}, 'error');
  expect(parsed()).toEqual(expected.map((name) => expect.objectContaining({ level: name, msg: name })));
});

describe('files', () => {
  test('get the same scrubbed lines, in a folder that is made for them', async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'bridge-logs-')), 'deep', 'logs');
    folders.push(directory);
    const { log, flush, written } = await logger({ directory });
    log.info({ secret }, 'to both');
    await flush();
    const files = await readdir(directory);
    expect(files).toEqual(['bridge.1.log']);
    expect(await readFile(join(directory, 'bridge.1.log'), 'utf8')).toBe(written.join(''));
    expect(written.join('')).not.toContain(secret);
  });

  test('are rotated by size, and the oldest go', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bridge-logs-'));
    folders.push(directory);
    const { log } = await logger({ directory, rotation: { size: '20k', keep: 2 } });
    const numbers = async () =>
      (await readdir(directory)).map((name) => Number(/^bridge\.(\d+)\.log$/.exec(name)?.[1])).toSorted((a, b) => a - b);
    await vi.waitFor(
      async () => {
        log.info({ filler: 'x'.repeat(10_000) }, 'long');
        const found = await numbers();
        expect(found.at(-1)).toBeGreaterThan(5);
        expect(found).toHaveLength(3);
      },
      { timeout: 10_000, interval: 10 },
    );
    expect((await numbers())[0]).toBeGreaterThan(1);
  });

  test('that cannot be written are an error with the fix', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bridge-logs-'));
    folders.push(directory);
    await writeFile(join(directory, 'taken'), '');
    const opening = logger({ directory: join(directory, 'taken', 'logs') });
    await expect(opening).rejects.toThrow(/No log file can be written in .*taken\/logs \(ENOTDIR\); .*ENABLE_FILE_LOGGING=false/);
  });
});

describe('standard output has every line', () => {
  test.each([
    ['ends right after flush', 'await flush(); process.exit(0);', 0],
    ['ends by itself', '', 0],
    ['ends without a flush', 'process.exit(3);', 3],
    ['fails', "setImmediate(() => { throw new Error('nobody catches this'); });", 1],
  ])('when the process %s', (_how, last, status) => {
    const program = `
      import { createLogger } from ${JSON.stringify(fileURLToPath(new URL('./logger.ts', import.meta.url)))};
      const { log, flush } = await createLogger({ level: 'info', secrets: [] });
      for (let n = 0; n < 500; n += 1) log.info({ n }, 'line');
      ${last}`;
    const ended = spawnSync(process.execPath, ['--conditions=source', '--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(ended.status, ended.stderr).toBe(status);
    const numbers = ended.stdout.matchAll(/"n":(\d+)/g);
    expect([...numbers].map(([, n]) => Number(n))).toEqual(Array.from({ length: 500 }, (_, n) => n));
  });

  test('but where its reader is gone, which changes nothing of how the process ends', async () => {
    const program = `
      import { createLogger } from ${JSON.stringify(fileURLToPath(new URL('./logger.ts', import.meta.url)))};
      const { log, flush } = await createLogger({ level: 'info', secrets: [] });
      process.stdin.once('data', async () => {
        log.info({}, 'to nobody');
        await flush();
        process.exit(7);
      });
      console.error('ready');`;
    const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', program]);
    await once(child.stderr, 'data');
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.write('go\n');
    expect(await once(child, 'exit')).toEqual([7, null]);
  });
});
