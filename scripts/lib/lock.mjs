import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, Failure } from './failure.mjs';
import { alive } from './shell.mjs';

/**
 * Lets one set-up work at a time: a second one waits and then finds everything done. A lock whose process is gone
 * counts for nothing, so a killed set-up needs no cleaning up.
 *
 * @template T
 * @param {{ file: string, say: (line: string) => void, timeoutMs?: number }} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock({ file, say, timeoutMs = 900_000 }, work) {
  await acquire({ file, say, until: Date.now() + timeoutMs });
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** @param {{ file: string, say: (line: string) => void, until: number }} options */
async function acquire({ file, say, until }) {
  let told = false;
  while (!tryCreate(file)) {
    const holder = readHolder(file);
    if (holder === undefined || !alive(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) say(`Another set-up is running here (process ${holder}); waiting for it.`);
    told = true;
    if (Date.now() > until)
      throw new Failure(`Process ${holder} still holds ${file}.`, { fix: `stop it (\`kill ${holder}\`) and run this again` });
    await delay(200);
  }
}

/** @param {string} file */
function tryCreate(file) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    // A link appears with its content; a file created in place is empty for a moment, and would look abandoned.
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @param {string} file */
function readHolder(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
