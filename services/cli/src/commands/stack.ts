import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseDotenv } from '@bridge/config';
import { loadApp } from '@bridge/runtime';
import { z } from 'zod';
import type { Io, Run } from '../command.ts';

/** Where docker-compose.yml mounts what the services of the stack share. */
interface Folders {
  /** Redis's own volume; its password lives with its data, so that the two are kept, copied and deleted together. */
  readonly redis: string;
  /** The working directory of every role: `.env` and bridges.yaml are read from here. */
  readonly shared: string;
  /** The user's folder, with `.env` and bridges.yaml, read only. */
  readonly config: string;
}

/** `bridge stack`: what docker-compose.yml runs before everything else. Run again, it changes nothing that is in use. */
export const run: Run = async (args, io) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      redis: { type: 'string', default: '/data' },
      shared: { type: 'string', default: '/run/bridge' },
      config: { type: 'string', default: '/config' },
      'new-password': { type: 'boolean', default: false },
    },
  });
  const password = redisPassword(values.redis, values['new-password']);
  write(join(values.redis, 'redis.conf'), redisConf(password));
  secret(join(values.shared, 'grafana-password'), false);
  const url = `redis://:${password}@redis:6379`;
  if (isConfigured(values.config, io)) prepareBridge(values, url, io);
  else await prepareSandbox(values, url, io);
  return 0;
};

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const made = (): string => Array.from({ length: 48 }, () => alphabet[randomInt(alphabet.length)]).join('');

const redisPassword = (folder: string, renew: boolean): string => secret(join(folder, 'password'), renew);

/** A secret in a file, made up where there is none. */
function secret(path: string, renew: boolean): string {
  const former = renew ? '' : readText(path).trim();
  if (former !== '') return former;
  const value = made();
  write(path, `${value}\n`);
  return value;
}

function redisConf(password: string): string {
  return `# Written by \`bridge stack\`; what it holds is fixed by the bridge's guarantees.
bind * -::*
dir /data
requirepass ${password}
# An acknowledged message is on disk, and none is thrown away to make room.
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
`;
}

/** With a .env, or with a platform in the environment, it is a real bridge; else the sandbox, as \`npm start\` has it. */
function isConfigured(config: string, io: Io): boolean {
  const named = ['COMETCHAT_APP_ID', 'DISCORD_BOT_TOKEN', 'TELEGRAM_BOT_TOKEN'].some((name) => (io.env[name] ?? '') !== '');
  return named || existsSync(join(config, '.env'));
}

const marker = 'sandbox';

function prepareBridge({ shared, config }: Folders, url: string, io: Io): void {
  rmSync(join(shared, marker), { force: true });
  write(join(shared, '.env'), envText({ REDIS_URL: url }));
  const file = io.env['BRIDGES_FILE'] || 'bridges.yaml';
  if (!isAbsolute(file)) link(join(config, file), join(shared, file));
  io.stdout('There is a .env: the stack bridges the real platforms.\n');
}

async function prepareSandbox({ shared }: Folders, url: string, io: Io): Promise<void> {
  const former = existsSync(join(shared, marker)) ? envIn(join(shared, '.env')) : {};
  const { env, bridges } = await sandboxSettings({ ...former, ...portsOf(io) });
  const file = join(shared, 'bridges.yaml');
  rmSync(file, { force: true });
  write(file, bridges);
  write(join(shared, '.env'), envText({ REDIS_URL: url, ...env }));
  write(join(shared, marker), '');
  io.stdout('There is no .env: the stack is the sandbox, with simulated platforms.\n');
}

const portsOf = ({ env }: Io) => (env['PORT'] ? { PORT: env['PORT'] } : {});

const settingsSchema = z.object({ env: z.record(z.string(), z.string()), bridges: z.string() });

/** The sandbox is another service, and is asked as one asks it on the command line. */
async function sandboxSettings(env: Io['env']): Promise<z.infer<typeof settingsSchema>> {
  const app = await loadApp('sandbox');
  const printed: string[] = [];
  const entry = fileURLToPath(import.meta.url);
  await app.run({ args: ['--settings'], env, entry, stdout: (text) => void printed.push(text) });
  return settingsSchema.parse(JSON.parse(printed.join('')));
}

const envIn = (path: string): Readonly<Record<string, string>> =>
  Object.fromEntries(parseDotenv(readText(path), path).entries.map(({ name, value }) => [name, value] as const));

const envText = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Whole or not at all, and only when it changes: others may be reading it. */
function write(path: string, text: string): void {
  if (existsSync(path) && readText(path) === text) return;
  writeFileSync(`${path}.new`, text, { mode: 0o640, flush: true });
  renameSync(`${path}.new`, path);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(target, path);
}
