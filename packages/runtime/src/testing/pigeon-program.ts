// `bridge start` with made-up platforms, as a process of its own that tests may kill. Their commands go to LOFT.
import { loadConfig, readBridges, readFileIn } from '@bridge/config';
import { type Command, DeliveryError, messageId, plainText } from '@bridge/core';
import { z } from 'zod';
import { isRoleName } from '../discovery.ts';
import { runProcess } from '../process.ts';
import { createPigeon } from './pigeon.ts';

const { ROLES = '', LOFT = '', WAIT_MS = '30000', LOCK_MS = '10000', ...env } = process.env;

const fly = (platform: string) => async (command: Command, signal: AbortSignal) => {
  const text = 'body' in command ? plainText(command.body) : '';
  try {
    const answer = await fetch(LOFT, { method: 'POST', body: JSON.stringify({ pid: process.pid, platform, command, text }), signal });
    return { message: messageId(z.object({ message: z.string() }).parse(await answer.json()).message) };
  } catch {
    throw new DeliveryError('The loft did not answer.', { kind: 'ambiguous' });
  }
};

const known = ['pigeon', 'raven'].map((id) => createPigeon({ id, maxLength: 20, deliver: fly(id) }).platform);
const readFile = readFileIn(process.cwd());
const loaded = loadConfig({ env, platforms: known, readFile, requirePlatform: true, requireRedis: true });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const { config } = loaded;
const bridges = readBridges(readFile, { file: config.bridgesFile, platforms: known, isOff: () => false });
if (!bridges.ok) throw new Error(JSON.stringify(bridges.problems));
const roles = ROLES.split(',').filter(isRoleName);
const queueTiming = { lockDurationMs: Number(LOCK_MS), stalledIntervalMs: Number(LOCK_MS) / 2 };
const options = { config, bridges: bridges.bridges, known, roles, version: '0.0.0-test', waitMs: Number(WAIT_MS), queueTiming };
process.exitCode = await runProcess(options).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
