import type { ServerResponse } from 'node:http';
import { sendAnswer } from './answer.ts';

const prefix = '/avatars/';

/** Where `serveAvatar` serves this person's picture. */
export function avatarUrl(baseUrl: string, id: string): string {
  return `${baseUrl}${prefix}${encodeURIComponent(id)}.svg`;
}

/** Answers a request for a picture; false when `path` is not one, or of nobody known to `nameOf`. */
export function serveAvatar(path: string, response: ServerResponse, nameOf: (id: string) => string | undefined): boolean {
  if (!path.startsWith(prefix) || !path.endsWith('.svg')) return false;
  const id = decode(path.slice(prefix.length, -'.svg'.length));
  const name = id === undefined ? undefined : nameOf(id);
  if (id === undefined || name === undefined) return false;
  // Another origin's page shows these pictures: the sandbox runs on its own port.
  const headers = {
    'content-type': 'image/svg+xml',
    'cache-control': 'public, max-age=3600',
    'cross-origin-resource-policy': 'cross-origin',
  };
  sendAnswer(response, { status: 200, headers, body: avatarSvg({ id, name }) });
  return true;
}

/** A round picture with the initials of a name; its colour depends on the id alone, so it never changes. */
export function avatarSvg(person: { readonly id: string; readonly name: string }): string {
  const hue = hueOf(person.id);
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">' +
    `<circle cx="32" cy="32" r="32" fill="hsl(${hue} 45% 38%)"/>` +
    '<text x="32" y="33" fill="#fff" font-family="system-ui,sans-serif" font-size="26" font-weight="600" ' +
    `text-anchor="middle" dominant-baseline="central">${escapeXml(initials(person.name))}</text></svg>`
  );
}

/** The first letter of the first and of the last word, in upper case; `?` for a name without letters. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toUpperCase() || '?';
}

/** A colour, in degrees, that depends on the id alone. */
export function hueOf(id: string): number {
  let hash = 0;
  for (const char of id) hash = (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  // The golden angle spreads ids that differ by one, as numbered people do.
  return Math.round((hash * 137.508) % 360);
}

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
