const scheme = /https?:\/\/(?=[^\s<])/y;
/** Characters of a URL that are looked at. */
export const longestUrl = 2_000;

/**
 * The bare URL that begins at `at`, if one does. It ends at white space, at `<` and where an open delimiter closes, and does
 * not take the punctuation of the sentence around it.
 */
export function scanUrl(source: string, at: number, open: readonly string[]): string | undefined {
  scheme.lastIndex = at;
  const start = scheme.exec(source)?.[0];
  if (start === undefined) return undefined;
  const first = at + start.length;
  let end = first;
  while (end < source.length && end - at < longestUrl && !stops(source, end, open)) end += 1;
  end = trimEnd(source, first, end);
  return end > first ? source.slice(at, end) : undefined;
}

function stops(source: string, at: number, open: readonly string[]): boolean {
  const char = source.charAt(at);
  if (/[\s<]/.test(char)) return true;
  if (!/[*_~|]/.test(char)) return false;
  return open.some((delimiter) => source.startsWith(delimiter, at) && (delimiter !== '_' || !/\w/.test(source.charAt(at + 1))));
}

function trimEnd(source: string, first: number, end: number): number {
  let parens = 0;
  for (let at = first; at < end; at += 1) parens += source[at] === '(' ? 1 : source[at] === ')' ? -1 : 0;
  let last = end;
  while (last > first) {
    const char = source.charAt(last - 1);
    if (char === ')' && parens < 0) parens += 1;
    else if (!/[.,:;"'\]]/.test(char)) break;
    last -= 1;
  }
  return last;
}

const target =
  /\((?:<(https?:\/\/[^\s<>]{1,2000})>|(https?:\/\/[^\s<>()]{1,2000}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,200}){0,4}))(?: "[^"\n]{0,200}")?\)/y;

/** The `(https://…)` of a masked link. */
export function maskedTarget(source: string, at: number): { readonly href: string; readonly length: number } | undefined {
  target.lastIndex = at;
  const match = target.exec(source);
  const href = match?.[1] ?? match?.[2];
  return match === null || href === undefined || !URL.canParse(href) ? undefined : { href, length: match[0].length };
}
