import type { Block } from '@bridge/core';
import { parseInline } from './markdown-inline.ts';
import type { Labels } from './markdown-mentions.ts';

/** A line that begins an item. */
export const listLine = /^ {0,40}(?:[-*]|\d{1,9}\.)[ \t]+(?=\S)/;
const parts = /^( {0,40})(?:[-*]|(\d{1,9})\.)[ \t]+/;
const continuation = /^ {2,40}(?=\S)/;
/** Discord stops indenting there too; it also bounds the depth of the tree. */
const maxDepth = 10;

interface Item {
  readonly blocks: Block[];
  text: string;
}
interface Level {
  readonly indent: number;
  readonly ordered: boolean;
  readonly start: number;
  readonly items: Item[];
  readonly target: Block[];
}

/** The list lines that begin at `at`, with those that are indented below them. */
export function parseList(source: string, at: number, labels: Labels): { readonly blocks: readonly Block[]; readonly end: number } {
  const builder = new ListBuilder(labels);
  let position = at;
  while (position < source.length) {
    const newline = source.indexOf('\n', position);
    const end = newline === -1 ? source.length : newline;
    if (!builder.add(source.slice(position, end))) break;
    position = Math.min(end + 1, source.length);
  }
  return { blocks: builder.finish(), end: position };
}

class ListBuilder {
  readonly #labels: Labels;
  readonly #blocks: Block[] = [];
  readonly #levels: Level[] = [];

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  /** False when the line does not belong to the list. */
  add(line: string): boolean {
    const match = listLine.test(line) ? parts.exec(line) : null;
    if (match !== null) {
      this.#item(match, line.slice(match[0].length));
      return true;
    }
    const item = this.#levels.at(-1)?.items.at(-1);
    const indent = continuation.exec(line)?.[0];
    if (item === undefined || indent === undefined || line.includes('```')) return false;
    item.text += `\n${line.slice(indent.length)}`;
    return true;
  }

  finish(): readonly Block[] {
    while (this.#levels.length > 0) this.#closeLevel();
    return this.#blocks;
  }

  #item(match: RegExpExecArray, text: string): void {
    const indent = match[1]?.length ?? 0;
    const ordered = match[2] !== undefined;
    while (this.#levels.length > 1 && indent < (this.#levels.at(-1)?.indent ?? 0)) this.#closeLevel();
    const top = this.#levels.at(-1);
    if (top === undefined) this.#open(this.#blocks, { indent, ordered, start: Number(match[2] ?? 1) });
    else if (indent >= top.indent + 2 && this.#levels.length < maxDepth) {
      const parent = top.items.at(-1);
      if (parent !== undefined) this.#settle(parent);
      this.#open(parent?.blocks ?? this.#blocks, { indent, ordered, start: Number(match[2] ?? 1) });
    } else if (top.ordered !== ordered) {
      this.#closeLevel();
      this.#open(top.target, { indent: top.indent, ordered, start: Number(match[2] ?? 1) });
    }
    this.#levels.at(-1)?.items.push({ blocks: [], text });
  }

  #open(target: Block[], level: Pick<Level, 'indent' | 'ordered' | 'start'>): void {
    this.#levels.push({ ...level, target, items: [] });
  }

  #settle(item: Item): void {
    if (item.text !== '') item.blocks.push({ type: 'paragraph', children: parseInline(item.text, this.#labels) });
    item.text = '';
  }

  #closeLevel(): void {
    const level = this.#levels.pop();
    if (level === undefined) return;
    for (const item of level.items) this.#settle(item);
    level.target.push({ type: 'list', ordered: level.ordered, start: level.start, items: level.items.map((item) => item.blocks) });
  }
}
