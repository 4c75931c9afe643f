import type { Block, Inline } from './rich-text.ts';

/**
 * A tree laid out on a line, so that cutting rich text is cutting a string: every code unit of text takes one
 * position, and so does everything that cannot be cut. `slice` gives the tree of what lies between two positions,
 * with all that encloses it closed and opened again at the ends, in time that goes by the slice and not by the tree.
 */
export interface Strip<T> {
  readonly length: number;
  slice(from: number, to: number): T;
}

/** A stretch of the line within which text may be cut: one paragraph, heading or code block. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly code: boolean;
}

/** What stands on the line for something that cannot be cut. */
const placeholder = '\uFFFC';

/** Collects, while strips are made in reading order, what the line reads. */
class Layout {
  readonly texts: string[] = [];
  readonly stretches: Stretch[] = [];
  /** Where each block of the outermost level begins, and one more: where the last one ends. */
  readonly outer: number[] = [0];
  length = 0;

  append(text: string): void {
    this.texts.push(text);
    this.length += text.length;
  }

  stretch(start: number, code: boolean): void {
    if (this.length > start) this.stretches.push({ start, end: this.length, code });
  }
}

/** Index of the last of the ascending `starts` that is at most `position`. */
export function lastAtMost(starts: readonly number[], position: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

interface Cut<T> {
  /** Index of the first child that the slice touches. */
  readonly first: number;
  readonly children: readonly T[];
}

/** What has no length, such as an empty paragraph, belongs to a slice only inside it, not at its edge. */
const touches = (start: number, length: number, from: number): boolean => (length === 0 ? start > from : start + length > from);

function row<T>(strips: readonly Strip<T>[]): Strip<Cut<T>> {
  const starts: number[] = [];
  let length = 0;
  for (const strip of strips) {
    starts.push(length);
    length += strip.length;
  }
  const slice = (from: number, to: number): Cut<T> => {
    const children: T[] = [];
    let first = -1;
    for (let index = lastAtMost(starts, from); index < strips.length && (starts[index] ?? length) < to; index += 1) {
      const strip = strips[index];
      const start = starts[index] ?? 0;
      if (strip === undefined || !touches(start, strip.length, from)) continue;
      if (first === -1) first = index;
      children.push(strip.slice(Math.max(0, from - start), Math.min(strip.length, to - start)));
    }
    return { first: Math.max(0, first), children };
  };
  return { length, slice };
}

function whole<T>(node: T, layout: Layout): Strip<T> {
  layout.append(placeholder);
  return { length: 1, slice: () => node };
}

function ofText<T extends { readonly text: string }>(node: T, layout: Layout): Strip<T> {
  layout.append(node.text);
  return { length: node.text.length, slice: (from, to) => ({ ...node, text: node.text.slice(from, to) }) };
}

function ofChildren<C, T extends { readonly children: readonly C[] }>(node: T, children: readonly Strip<C>[]): Strip<T> {
  const { length, slice } = row(children);
  return { length, slice: (from, to) => ({ ...node, children: slice(from, to).children }) };
}

function ofInline(inline: Inline, layout: Layout): Strip<Inline> {
  if (inline.type === 'text' || inline.type === 'code') return ofText(inline, layout);
  if (!('children' in inline)) return whole(inline, layout);
  const strip = ofChildren(
    inline,
    inline.children.map((child) => ofInline(child, layout)),
  );
  // A link over nothing still shows its address.
  return strip.length === 0 && inline.type === 'link' ? whole(inline, layout) : strip;
}

function ofList(list: Extract<Block, { readonly type: 'list' }>, layout: Layout): Strip<Block> {
  const { length, slice } = row(list.items.map((item) => row(item.map((block) => ofBlock(block, layout)))));
  const cut = (from: number, to: number): Block => {
    const { first, children } = slice(from, to);
    return { ...list, start: list.start + first, items: children.map((item) => item.children) };
  };
  return { length, slice: cut };
}

function ofBlock(block: Block, layout: Layout): Strip<Block> {
  const start = layout.length;
  const strip = ofContent(block, layout);
  if (block.type !== 'quote' && block.type !== 'list') layout.stretch(start, block.type === 'code-block');
  return strip;
}

function ofContent(block: Block, layout: Layout): Strip<Block> {
  switch (block.type) {
    case 'code-block':
      return ofText(block, layout);
    case 'paragraph':
    case 'heading':
      return ofChildren(
        block,
        block.children.map((child) => ofInline(child, layout)),
      );
    case 'quote':
      return ofChildren(
        block,
        block.children.map((child) => ofBlock(child, layout)),
      );
    case 'list':
      return ofList(block, layout);
  }
}

export interface Line {
  readonly text: string;
  /** In order and without gaps: every position lies in exactly one. */
  readonly stretches: readonly Stretch[];
  readonly outer: readonly number[];
  slice(from: number, to: number): readonly Block[];
}

/** Lays a body out. Its nesting must be limited already: this recurses. Blocks without content take no room. */
export function layOut(body: readonly Block[]): Line {
  const layout = new Layout();
  const strips = body.map((block) => {
    const strip = ofBlock(block, layout);
    layout.outer.push(layout.length);
    return strip;
  });
  const { slice } = row(strips);
  return { text: layout.texts.join(''), stretches: layout.stretches, outer: layout.outer, slice: (from, to) => slice(from, to).children };
}
