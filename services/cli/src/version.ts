import { readFileSync } from 'node:fs';

/** The version of this bridge, from the package's own package.json; the same path from src and from dist. */
export function bridgeVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  const isVersioned = typeof parsed === 'object' && parsed !== null && 'version' in parsed && typeof parsed.version === 'string';
  return isVersioned ? String(parsed.version) : 'unknown';
}
