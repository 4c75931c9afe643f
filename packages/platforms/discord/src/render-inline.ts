import type { Inline, StyleName } from '@bridge/core';
import { escapeLabel, escapeText, fenceUrl } from './escape.ts';

/** A stretch with one set of styles; `source` is Discord Markdown already unless it is text. */
interface Run {
  readonly source: string;
  readonly styles: ReadonlySet<StyleName>;
  /** Text is escaped last: `#` and ` x` in two nodes make a heading too. */
  readonly text: boolean;
}

/** Outermost first; also the order in which styles open, so that the same tree always gives the same source. */
const order = ['spoiler', 'underline', 'strike', 'bold', 'italic'] as const satisfies readonly StyleName[];
const delimiters: Readonly<Record<StyleName, string>> = { spoiler: '||', underline: '__', strike: '~~', bold: '**', italic: '*' };
const none: ReadonlySet<StyleName> = new Set();
const separator = '\u200b';

/** Inline nodes as Discord Markdown, on as many lines as the text has. */
export function renderInline(nodes: readonly Inline[]): string {
  return emit(merge(joined(splitSpaces(merge(flatten(nodes, none, false))))));
}

function flatten(nodes: readonly Inline[], styles: ReadonlySet<StyleName>, inLink: boolean): Run[] {
  return nodes.flatMap((node): Run[] => {
    switch (node.type) {
      case 'text':
        return [{ source: node.text, styles, text: true }];
      case 'bold':
      case 'italic':
      case 'underline':
      case 'strike':
      case 'spoiler':
        return flatten(node.children, new Set([...styles, node.type]), inLink);
      case 'link':
        return inLink ? flatten(node.children, styles, true) : link(node.href, node.children, styles);
      case 'code':
        return [code(node.text, styles)];
      case 'timestamp':
        return [{ source: `<t:${Math.trunc(node.unix)}>`, styles, text: false }];
      default:
        return [{ source: fallback(node), styles, text: true }];
    }
  });
}

/** A mention of another platform's user names nobody here, and an emoji of another platform does not exist here. */
function fallback(node: Extract<Inline, { readonly type: 'mention' | 'custom-emoji' }>): string {
  if (node.type === 'custom-emoji') return `:${node.name}:`;
  return `${node.kind === 'channel' ? '#' : '@'}${node.label}`;
}

function link(href: string, children: readonly Inline[], styles: ReadonlySet<StyleName>): Run[] {
  const label = labelText(children).trim();
  const target = encodeTarget(href);
  if (!/^https?:\/\/./.test(target) || !URL.canParse(target))
    return [{ source: label === href || label === '' ? href : `${label} (${href})`, styles, text: true }];
  if (label === '' || label === href) return [{ source: isBare(href) ? href : bare(target), styles, text: false }];
  // Discord does not take a URL as the label of a masked link; and a label that names another place is how one is deceived.
  if (/:\/\/|discord\.gg/i.test(label)) {
    const around = [' (', ')'].map((source): Run => ({ source, styles, text: true }));
    return [...flatten(children, styles, true), ...around.toSpliced(1, 0, { source: bare(target), styles, text: false })];
  }
  return [{ source: `[${escapeLabel(label)}](${bare(target)})`, styles, text: false }];
}

/** Whether a URL can stand by itself in the text just as it is. */
const isBare = (href: string): boolean => URL.canParse(href) && escapeText(href) === href && !/[).,:;"'\]_]$/.test(href);

/** In angle brackets where its end would be taken for the sentence's. */
const bare = (target: string): string => (escapeText(target) === target && !/[()]|[.,:;"'\]_]$/.test(target) ? target : `<${target}>`);

/** Characters that would end the target or open markup in it, as a URL writes them. */
const encodeTarget = (href: string): string =>
  href.replace(/[\s<>"\\`*|()~]|_(?=_)|_$/g, (char) =>
    char === '_' ? '%5F' : `%${(char.codePointAt(0) ?? 32).toString(16).toUpperCase().padStart(2, '0')}`,
  );

function labelText(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'text' || node.type === 'code') return node.text;
      if (node.type === 'timestamp') return new Date(node.unix * 1000).toISOString();
      return 'children' in node ? labelText(node.children) : fallback(node);
    })
    .join('');
}

function code(text: string, styles: ReadonlySet<StyleName>): Run {
  const plain = { source: text, styles, text: true };
  if (text.trim() === '' || text.includes('``') || text.includes('\n')) return plain;
  if (text.includes('`') && text.trim() !== text) return plain;
  if (!text.includes('`')) return { source: `\`${text}\``, styles, text: false };
  return { source: `\`\`${text.startsWith('`') ? ' ' : ''}${text}${text.endsWith('`') ? ' ' : ''}\`\``, styles, text: false };
}

/** Neighbouring text of the same styles is one run, but for white space in front, which opens no style. */
function merge(leaves: readonly Run[]): Run[] {
  const merged: Run[] = [];
  let lastIsBlank = false;
  for (const leaf of leaves) {
    const last = merged.at(-1);
    if (leaf.source === '') continue;
    const blank = isBlank(leaf);
    const keeps = blank || !lastIsBlank || leaf.styles.size === 0;
    if (last?.text === true && leaf.text && keeps && same(last.styles, leaf.styles)) {
      merged[merged.length - 1] = { ...last, source: last.source + leaf.source };
      lastIsBlank &&= blank;
    } else {
      merged.push(leaf);
      lastIsBlank = blank;
    }
  }
  return merged;
}

const same = (one: ReadonlySet<StyleName>, two: ReadonlySet<StyleName>): boolean =>
  one.size === two.size && [...one].every((style) => two.has(style));

const shared = (one: ReadonlySet<StyleName>, two: ReadonlySet<StyleName>): ReadonlySet<StyleName> =>
  new Set([...one].filter((style) => two.has(style)));

const isBlank = (run: Run): boolean => run.text && /^[\s\u200b]*$/.test(run.source);

/**
 * White space at the border of a style goes outside (`* x*` is not italic), but stays within what both sides share, and all of it
 * between them.
 */
function splitSpaces(leaves: readonly Run[]): Run[] {
  const runs: Run[] = [];
  let spaces: Run[] = [];
  let before = none;
  const settle = (after: ReadonlySet<StyleName>): void => {
    const styles = spaces.reduce((kept, space) => shared(kept, space.styles), shared(before, after));
    const source = spaces.map((space) => space.source).join('');
    if (source !== '') runs.push({ source, styles, text: true });
    spaces = [];
    before = after;
  };
  for (const piece of leaves.flatMap(pieces)) {
    if (isBlank(piece)) spaces.push(piece);
    else {
      settle(piece.styles);
      runs.push(piece);
    }
  }
  settle(none);
  return runs;
}

/** What can be seen of a text, and what is before and after it. */
function pieces(leaf: Run): Run[] {
  if (!leaf.text || isBlank(leaf)) return [leaf];
  const { source } = leaf;
  const start = source.search(/[^\s\u200b]/);
  let end = source.length;
  while (/[\s\u200b]/.test(source.charAt(end - 1))) end -= 1;
  return [source.slice(0, start), source.slice(start, end), source.slice(end)].map((part) => ({ ...leaf, source: part }));
}

/** Without a separator that is text between two runs of the same styles: it would be read as one that is put there. */
const joined = (runs: readonly Run[]): Run[] =>
  runs.filter(({ source, styles }, index) => {
    const [before, after] = [runs[index - 1], runs[index + 1]];
    if (source !== separator || before === undefined || after === undefined) return true;
    return before.styles.size === styles.size || !same(before.styles, after.styles);
  });

/** Whether a separator that is text would stand between the end of one style and the beginning of another, and be read as none. */
function isLost(run: Run, next: Run | undefined, open: readonly StyleName[]): boolean {
  const closed = open.findIndex((style) => !run.styles.has(style));
  if (run.source !== separator || closed === -1 || next === undefined || isBlank(next)) return false;
  return [...next.styles].some((style) => !open.slice(0, closed).includes(style));
}

function emit(runs: readonly Run[]): string {
  const open: StyleName[] = [];
  const pieces: string[] = [];
  let last = '';
  let startsLine = true;
  /** Two delimiters side by side (`*a***b**`) would be read as one run. */
  const add = (piece: string, ends: string): void => {
    pieces.push(last !== '' && piece.startsWith(last) ? separator + piece : piece);
    last = ends;
    const line = piece.lastIndexOf('\n');
    if (piece.slice(line + 1).trim() !== '') startsLine = false;
    else if (line !== -1) startsLine = true;
  };
  const mark = (delimiter: string): void => add(delimiter, delimiter.charAt(0));
  for (const [index, run] of runs.entries()) {
    if (isLost(run, runs[index + 1], open)) continue;
    while (open.some((style) => !run.styles.has(style))) mark(delimiters[open.pop() ?? 'bold']);
    // White space keeps a style open and never opens one.
    const blank = isBlank(run);
    for (const style of order.filter((name) => !blank && run.styles.has(name) && !open.includes(name))) {
      mark(delimiters[style]);
      open.push(style);
    }
    const source = run.text ? escapeText(run.source, startsLine) : run.source;
    if (run.text || run.source.startsWith('http')) add(opensAfter(index, runs) ? fenceUrl(source) : source, '');
    else add(source, source.endsWith('`') ? '`' : '');
  }
  while (open.length > 0) mark(delimiters[open.pop() ?? 'bold']);
  return pieces.join('');
}

/** What may follow a URL: nothing, white space, or the sentence's punctuation, none of which it takes in. */
const endsUrl = /^[.,:;"')]*(?:\s|$)/;
const isPunctuation = /^[.,:;"')]*$/;

/** Whether something comes after the run at `index` that a URL would take in; a closing delimiter is none, an opening one is. */
function opensAfter(index: number, runs: readonly Run[]): boolean {
  const styles = runs[index]?.styles ?? none;
  for (let after = index + 1; after < runs.length; after += 1) {
    const next = runs[after];
    if (next === undefined || [...styles].some((style) => !next.styles.has(style))) return false;
    if (!next.text || next.styles.size > styles.size || !endsUrl.test(next.source)) return true;
    if (!isPunctuation.test(next.source)) return false;
  }
  return false;
}
