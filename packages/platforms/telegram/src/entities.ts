import type { Block, Body, Inline, StyleName } from '@bridge/core';
import type { Entity } from './payload.ts';

/** Telegram itself allows about a hundred; the rest of a hostile list is ignored, which keeps this linear in the text. */
const maxEntities = 500;

const styles: ReadonlyMap<string, StyleName> = new Map([
  ['bold', 'bold'],
  ['italic', 'italic'],
  ['underline', 'underline'],
  ['strikethrough', 'strike'],
  ['spoiler', 'spoiler'],
]);
const quotes = new Set(['blockquote', 'expandable_blockquote']);

/** Text from `from` up to but not including `to`, in UTF-16 code units, which is what Telegram and JavaScript count. */
type Span = { readonly from: number; readonly to: number };
type BlockSpan = Span & { readonly language?: string; readonly quote: boolean };
/** Something that surrounds text; `key` tells two apart that must not be merged. */
type Wrap = Span & { readonly key: string; readonly node: (children: readonly Inline[]) => Inline };
type Leaf = Span & { readonly node: Inline };

const byPlace = (a: Span, b: Span): number => a.from - b.from || b.to - a.to;
const within = (span: Span, range: Span): boolean => span.from >= range.from && span.to <= range.to;
const touches = (span: Span, range: Span): boolean => span.from < range.to && span.to > range.from;

/** Spans that do not overlap: of two that do, the one that begins first, and of those the longer. */
function apart<T extends Span>(spans: readonly T[]): T[] {
  let end = -1;
  return spans.toSorted(byPlace).filter((span) => {
    if (span.from < end) return false;
    end = span.to;
    return true;
  });
}

/** Overlapping and touching wraps of the same key become one. */
function merged(wraps: readonly Wrap[]): Wrap[] {
  const last = new Map<string, Wrap>();
  const done: Wrap[] = [];
  for (const wrap of wraps.toSorted(byPlace)) {
    const before = last.get(wrap.key);
    if (before && wrap.from <= before.to) {
      last.set(wrap.key, { ...before, to: Math.max(before.to, wrap.to) });
    } else {
      if (before) done.push(before);
      last.set(wrap.key, wrap);
    }
  }
  return [...done, ...last.values()];
}

function toBlock(entity: Entity, span: Span): BlockSpan | undefined {
  if (quotes.has(entity.type)) return { ...span, quote: true };
  if (entity.type !== 'pre') return undefined;
  return { ...span, quote: false, ...(entity.language ? { language: entity.language } : {}) };
}

function toWrap(entity: Entity, span: Span, text: string): Wrap | undefined {
  const style = styles.get(entity.type);
  if (style) return { ...span, key: style, node: (children) => ({ type: style, children }) };
  const href = entity.type === 'text_link' ? entity.url : entity.type === 'url' && /^https?:\/\//i.test(text) ? text : undefined;
  return href ? { ...span, key: `link ${href}`, node: (children) => ({ type: 'link', href, children }) } : undefined;
}

function toLeaf(entity: Entity, span: Span, text: string): Leaf | undefined {
  const node = leafNode(entity, text);
  return node && { ...span, node };
}

function leafNode(entity: Entity, text: string): Inline | undefined {
  switch (entity.type) {
    case 'code':
      return { type: 'code', text };
    case 'mention':
      return text.length > 1 ? { type: 'mention', kind: 'user', id: text, label: text.replace(/^@/, '') } : undefined;
    case 'text_mention':
      return entity.user && { type: 'mention', kind: 'user', id: `user:${entity.user.id}`, label: text.replace(/^@/, '') };
    case 'date_time':
      return entity.unix_time === undefined ? undefined : { type: 'timestamp', unix: entity.unix_time };
    default:
      return undefined;
  }
}

/** A boundary inside a leaf moves to the leaf's edge: a mention or code is never cut in two. */
function snapped(wrap: Wrap, leaves: readonly Leaf[]): Wrap {
  const from = leaves.find((leaf) => leaf.from < wrap.from && wrap.from < leaf.to)?.from ?? wrap.from;
  const to = leaves.find((leaf) => leaf.from < wrap.to && wrap.to < leaf.to)?.to ?? wrap.to;
  return { ...wrap, from, to };
}

/** One link at a time: a later one that overlaps begins where the former ends. */
function clipLinks(wraps: readonly Wrap[]): Wrap[] {
  let end = 0;
  return wraps.toSorted(byPlace).flatMap((wrap) => {
    if (!wrap.key.startsWith('link ')) return [wrap];
    const from = Math.max(wrap.from, end);
    if (from >= wrap.to) return [];
    end = wrap.to;
    return [{ ...wrap, from }];
  });
}

type Parts = {
  readonly text: string;
  readonly wraps: readonly Wrap[];
  readonly leaves: readonly Leaf[];
  readonly blocks: readonly BlockSpan[];
};
type Open = { readonly wrap: Wrap; readonly children: Inline[] };

/** Builds the tree of one range by going over it from border to border; wraps that cross are closed and opened again. */
function inlines(parts: Parts, range: Span): Inline[] {
  const leaves = parts.leaves.filter((leaf) => within(leaf, range));
  const wraps = parts.wraps
    .filter((wrap) => touches(wrap, range))
    .map((wrap) => snapped({ ...wrap, from: Math.max(wrap.from, range.from), to: Math.min(wrap.to, range.to) }, leaves));
  const borders = [range.from, range.to, ...[...wraps, ...leaves].flatMap((span) => [span.from, span.to])];
  const cuts = [...new Set(borders)].toSorted((a, b) => a - b);
  const root: Inline[] = [];
  let stack: Open[] = [];
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    const to = cuts[index + 1] ?? range.to;
    stack = reopen(
      root,
      stack,
      wraps.filter((wrap) => wrap.from <= from && to <= wrap.to),
    );
    const leaf = leaves.find((one) => one.from === from);
    (stack.at(-1)?.children ?? root).push(leaf ? leaf.node : { type: 'text', text: parts.text.slice(from, to) });
  }
  return root;
}

function reopen(root: Inline[], stack: readonly Open[], active: readonly Wrap[]): Open[] {
  const ended = stack.findIndex((open) => !active.includes(open.wrap));
  const kept = ended < 0 ? [...stack] : stack.slice(0, ended);
  const missing = active.filter((wrap) => !kept.some((open) => open.wrap === wrap)).toSorted((a, b) => b.to - a.to || a.from - b.from);
  for (const wrap of missing) {
    const children: Inline[] = [];
    (kept.at(-1)?.children ?? root).push(wrap.node(children));
    kept.push({ wrap, children });
  }
  return kept;
}

function read(text: string, entities: readonly Entity[]): Parts {
  const wraps: Wrap[] = [];
  const leaves: Leaf[] = [];
  const blocks: BlockSpan[] = [];
  for (const entity of entities.slice(0, maxEntities)) {
    const span = { from: entity.offset, to: Math.min(entity.offset + entity.length, text.length) };
    if (span.from >= span.to) continue;
    const block = toBlock(entity, span);
    const covered = block ? '' : text.slice(span.from, span.to);
    const wrap = block ? undefined : toWrap(entity, span, covered);
    const leaf = block || wrap ? undefined : toLeaf(entity, span, covered);
    if (block) blocks.push(block);
    if (wrap) wraps.push(wrap);
    if (leaf) leaves.push(leaf);
  }
  return { text, wraps: clipLinks(merged(wraps)), leaves: apart(leaves), blocks };
}

type Edges = { readonly before: BlockSpan | undefined; readonly after: BlockSpan | undefined };

/** Whether the text between two blocks is nothing but the gap that `render` puts there. */
function isGap(between: string, { before, after }: Edges): boolean {
  if (between === '') return true;
  if (!before || !after) return false;
  return between === '\n' || (between === '\n\n' && before.quote === after.quote);
}

/** The one line break that separates a paragraph from a block beside it belongs to neither. */
function paragraph(parts: Parts, range: Span, edges: Edges): Block[] {
  const { text } = parts;
  if (isGap(text.slice(range.from, Math.min(range.to, range.from + 3)), edges)) return [];
  const from = edges.before && text[range.from] === '\n' ? range.from + 1 : range.from;
  const to = edges.after && range.to > from && text[range.to - 1] === '\n' ? range.to - 1 : range.to;
  return [{ type: 'paragraph', children: from < to ? inlines(parts, { from, to }) : [] }];
}

function blocksOf(parts: Parts, range: Span): Block[] {
  const tops = apart(parts.blocks.filter((block) => within(block, range)));
  const result: Block[] = [];
  for (const [index, top] of tops.entries()) {
    const before = tops[index - 1];
    result.push(...paragraph(parts, { from: before?.to ?? range.from, to: top.from }, { before, after: top }));
    result.push(block(parts, top));
  }
  const before = tops.at(-1);
  return [...result, ...paragraph(parts, { from: before?.to ?? range.from, to: range.to }, { before, after: undefined })];
}

function block(parts: Parts, span: BlockSpan): Block {
  if (!span.quote) {
    return {
      type: 'code-block',
      text: parts.text.slice(span.from, span.to),
      ...(span.language === undefined ? {} : { language: span.language }),
    };
  }
  const inner = { ...parts, blocks: parts.blocks.filter((one) => !one.quote && within(one, span)) };
  return { type: 'quote', children: blocksOf(inner, span) };
}

/**
 * Reads Telegram's text with entities into a tree: nested ones nest, crossing ones are split, other kinds (hashtags,
 * commands, e-mail addresses) stay text. So do custom emoji, since the text below each is an ordinary emoji that is
 * shown wherever the custom one cannot be. Total and linear in the text. Blank lines stay in the paragraph, so that
 * `render` gives the same text back.
 */
export const parseText = (text: string, entities: readonly Entity[] = []): Body =>
  text === '' ? [] : blocksOf(read(text, entities), { from: 0, to: text.length });
