import { isJson } from '@bridge/core';

const maxDepth = 6;

/**
 * What message components say, line by line: text displays, buttons, menus, media. Read by their fields and not by their
 * type, so that a kind Discord adds tomorrow still reads.
 */
export function componentLines(components: unknown): string[] {
  return isJson(components) ? linesOf(components, maxDepth) : [];
}

function linesOf(value: unknown, depth: number): string[] {
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.slice(0, 50).flatMap((item) => linesOf(item, depth));
  const fields = new Map<string, unknown>(Object.entries(value));
  const own = [fields.get('content'), buttonLine(fields), urlOf(fields.get('media')), urlOf(fields.get('file'))].filter(
    (line) => typeof line === 'string' && line !== '',
  );
  const below = ['components', 'accessory', 'items'].flatMap((key) => linesOf(fields.get(key), depth - 1));
  return [...own.map(String), ...below];
}

function buttonLine(fields: ReadonlyMap<string, unknown>): string | undefined {
  const label = fields.get('label') ?? fields.get('placeholder');
  const url = fields.get('url');
  if (typeof label !== 'string' || label === '') return undefined;
  return typeof url === 'string' ? `[${label}] ${url}` : `[${label}]`;
}

function urlOf(media: unknown): string | undefined {
  return typeof media === 'object' && media !== null && 'url' in media && typeof media.url === 'string' ? media.url : undefined;
}
