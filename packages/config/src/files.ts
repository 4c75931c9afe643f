import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { codeOf, type ReadFile } from './sources.ts';

/** Reads files named relative to a folder, as `loadConfig` and `readBridges` want it. */
export function readFileIn(folder: string): ReadFile {
  return (path) => {
    try {
      return readFileSync(resolve(folder, path), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  };
}
