import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './places.mjs';

export const envFile = join(root, '.env');

/**
 * @param {string} [file]
 * @returns {Readonly<Record<string, string>>} what `.env` sets; empty where there is none. The bridge reads it by itself;
 *   this is only for what has to be known before it starts.
 */
export function readDotenv(file = envFile) {
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, 'utf8').split('\n');
  const pairs = lines.flatMap((line) => {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    return match === null ? [] : [[match[1] ?? '', unquote(match[2] ?? '')]];
  });
  return /** @type {Record<string, string>} */ (Object.fromEntries(pairs));
}

/** @param {string} value */
function unquote(value) {
  const quoted = /^(["'`])(.*)\1/.exec(value);
  return quoted === null ? value.replace(/\s+#.*$/, '') : (quoted[2] ?? '');
}
