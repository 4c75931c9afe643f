import { longestUrl, scanUrl } from './markdown-urls.ts';

const url = /https?:\/\/[^\s<]*/g;
/** Characters that Discord's Markdown leaves alone once it has seen the scheme. */
const safeUrl = /^https?:\/\/[\w\-.:/?#@!$&'(),;=%+~]+$/;
const active = /[\\`*_~|[\]<]|@(?=everyone|here)/g;
/** What begins a block at the start of a line: quote, heading, subtext, list. */
const lineStart = /^([ \t]*)(?:(>|#{1,3}(?=[ \t]|$)|-(?=#?[ \t]|#?$))|(\d{1,9})(\.(?=[ \t]|$)))/gm;

/**
 * Text that Discord shows exactly as it is: no markup, no mention, no heading that its author did not mean.
 * `startsLine`: nothing visible stands before it on its first line.
 */
export function escapeText(text: string, startsLine = true): string {
  let result = '';
  let from = 0;
  for (const match of text.matchAll(url)) {
    const end = match.index + match[0].length;
    result += escapeMarks(text.slice(from, match.index)) + (isPlainUrl(match[0]) && text[end] !== '<' ? match[0] : unlinked(match[0]));
    from = end;
  }
  result += escapeMarks(text.slice(from));
  const firstBreak = startsLine ? 0 : result.indexOf('\n');
  if (firstBreak === -1) return result;
  return result.slice(0, firstBreak) + escapeLineStarts(result.slice(firstBreak));
}

/** Inside a masked link's label a URL would undo the link, and a line would end it. */
export const escapeLabel = (text: string): string => escapeMarks(text.replaceAll('\n', ' '));

const isPlainUrl = (text: string): boolean => safeUrl.test(text) && !/__|~~|[_~]$/.test(text);

/**
 * A URL at the end takes in whatever follows it up to white space, so it is fenced off where that would happen, without the
 * sentence's punctuation behind it.
 */
export function fenceUrl(source: string): string {
  let start = source.length;
  while (start > 0 && !/[\s<>]/.test(source.charAt(start - 1))) start -= 1;
  const at = source.slice(start).search(/https?:\/\/./);
  if (at === -1) return source;
  const end = source.slice(start + at);
  const scanned = scanUrl(end, 0, []);
  // Of one that is longer than it looks for, all.
  const address = scanned === undefined || end.length > longestUrl ? end : scanned;
  return `${source.slice(0, start + at)}<${address}>${end.slice(address.length)}`;
}

/** With an escaped colon it is no link, so that its other characters can be escaped. */
const unlinked = (text: string): string => escapeMarks(text).replaceAll('://', '\\://');

const escapeMarks = (text: string): string => text.replace(active, '\\$&');

const escapeLineStarts = (text: string): string =>
  text.replace(lineStart, (_whole, indent: string, mark: string | undefined, digits: string | undefined, dot: string | undefined) =>
    mark === undefined ? `${indent}${digits ?? ''}\\${dot ?? ''}` : `${indent}\\${mark}`,
  );
