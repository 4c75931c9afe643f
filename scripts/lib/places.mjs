import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCode, Failure } from './failure.mjs';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Everything that set-up, Redis and tests leave on disk; never committed, may be deleted at any time. */
export const bridgeDir = join(root, '.bridge');

/** Makes `.bridge`, so that a folder that cannot be written is told once and plainly. */
export function makeBridgeDir(dir = bridgeDir) {
  try {
    mkdirSync(dir, { recursive: true });
    const probe = join(dir, `.writable-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOSPC')
      throw new Failure('The disk is full.', { fix: `free some room (see \`df -h "${dirname(dir)}"\`) and run this again` });
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error;
    throw new Failure(`The folder ${dirname(dir)} cannot be written by ${user()}.`, {
      fix: `\`sudo chown -R ${user()} "${dirname(dir)}"\`, or clone the repository into a folder of your own`,
    });
  }
}

/** A user id that the system has no name for is usual in containers. */
function user() {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'you');
  }
}

/**
 * @param {string} file
 * @returns {unknown} undefined where the file is missing or broken: every reader here can do without
 */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
