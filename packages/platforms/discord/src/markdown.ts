import type { Block, Body } from '@bridge/core';
import { parseInline } from './markdown-inline.ts';
import { listLine, parseList } from './markdown-lists.ts';
import type { Labels } from './markdown-mentions.ts';

const noLabels: Labels = { user: () => undefined, role: () => undefined, channel: () => undefined };

/** Discord Markdown as a tree. Total and linear in the length of `source`; loses no text but white space at block borders. */
export const parseMarkdown = (source: string, labels: Labels = noLabels): Body =>
  new BlockParser(source.replaceAll('\r\n', '\n'), labels, false).run();

const language = /^[\w+\-.#]{1,40}(?=\n)/;
const heading = /^ {0,8}(#{1,3})[ \t]+(?=\S)/;
const subtext = /^-#[ \t]+(?=\S)/;

class BlockParser {
  readonly #source: string;
  readonly #labels: Labels;
  /** Discord knows no quote within a quote. */
  readonly #quoted: boolean;
  readonly #blocks: Block[] = [];
  /** Where the text begins that belongs to no block yet. */
  #pending = 0;
  #at = 0;
  /** Where the next ``` is, so that it is looked for once; infinite when none is left. */
  #nextFence = -1;
  #nextBreak = -1;

  constructor(source: string, labels: Labels, quoted: boolean) {
    this.#source = source;
    this.#labels = labels;
    this.#quoted = quoted;
  }

  run(): Body {
    while (this.#at < this.#source.length) this.#line();
    this.#paragraph(this.#source.length);
    return this.#blocks;
  }

  #lineEnd(from: number): number {
    if (this.#nextBreak >= from) return this.#nextBreak;
    const end = this.#source.indexOf('\n', from);
    this.#nextBreak = end === -1 ? this.#source.length : end;
    return this.#nextBreak;
  }

  #line(): void {
    const end = this.#lineEnd(this.#at);
    const starts = this.#at === 0 || this.#source[this.#at - 1] === '\n';
    if (starts && (this.#quote() || this.#heading(end) || this.#list(end))) return;
    if (this.#fence(end)) return;
    this.#at = end + 1;
  }

  /** What came before `end` and is no block of its own is a paragraph. */
  #paragraph(end: number): void {
    const text = trimLines(this.#source.slice(this.#pending, end));
    if (text !== '') this.#blocks.push({ type: 'paragraph', children: parseInline(text, this.#labels) });
  }

  #take(block: Block, end: number): true {
    this.#paragraph(this.#at);
    this.#blocks.push(block);
    this.#at = end;
    this.#pending = end;
    return true;
  }

  #quote(): boolean {
    if (this.#quoted || this.#source[this.#at] !== '>') return false;
    if (this.#source.startsWith('>>> ', this.#at)) return this.#takeQuote(this.#source.slice(this.#at + 4), this.#source.length);
    const lines: string[] = [];
    let at = this.#at;
    while (this.#source.startsWith('> ', at)) {
      const end = this.#lineEnd(at);
      lines.push(this.#source.slice(at + 2, end));
      at = end + 1;
    }
    return lines.length > 0 && this.#takeQuote(lines.join('\n'), Math.min(at, this.#source.length));
  }

  #takeQuote(inner: string, end: number): boolean {
    const children = new BlockParser(inner, this.#labels, true).run();
    if (children.length > 0) return this.#take({ type: 'quote', children }, end);
    // A quote of nothing stays text, and is not looked at again.
    this.#at = end;
    return true;
  }

  #heading(end: number): boolean {
    const text = this.#source.slice(this.#at, end);
    const match = heading.exec(text);
    const level = match?.[1]?.length;
    if (match !== null && (level === 1 || level === 2 || level === 3)) {
      return this.#take({ type: 'heading', level, children: parseInline(text.slice(match[0].length), this.#labels) }, end + 1);
    }
    const small = subtext.exec(text);
    if (small === null) return false;
    return this.#take({ type: 'paragraph', children: parseInline(text.slice(small[0].length), this.#labels) }, end + 1);
  }

  #list(end: number): boolean {
    if (!listLine.test(this.#source.slice(this.#at, end))) return false;
    const { blocks, end: after } = parseList(this.#source, this.#at, this.#labels);
    this.#paragraph(this.#at);
    this.#blocks.push(...blocks);
    this.#at = after;
    this.#pending = after;
    return true;
  }

  /** A code block may begin and end within a line. */
  #fence(end: number): boolean {
    if (this.#nextFence < this.#at) this.#nextFence = findFence(this.#source, this.#at);
    const start = this.#nextFence;
    if (start >= end) return false;
    const close = this.#source.indexOf('```', start + 3);
    if (close === -1) {
      this.#nextFence = Number.POSITIVE_INFINITY;
      return false;
    }
    const inner = this.#source.slice(start + 3, close);
    const name = language.exec(inner)?.[0];
    const text = (name === undefined ? inner : inner.slice(name.length)).replace(/^\n+/, '').replace(/\n$/, '');
    this.#at = start;
    if (text.trim() === '') {
      this.#at = close + 3;
      return true;
    }
    return this.#take({ type: 'code-block', text, ...(name === undefined ? {} : { language: name }) }, close + 3);
  }
}

function findFence(source: string, from: number): number {
  let at = source.indexOf('```', from);
  while (at !== -1) {
    let slashes = at;
    while (slashes > from && source[slashes - 1] === '\\') slashes -= 1;
    if ((at - slashes) % 2 === 0) return at;
    at = source.indexOf('```', at + 1);
  }
  return Number.POSITIVE_INFINITY;
}

/** Without the empty lines around; linear, where a pattern with `\s*$` would not be. */
function trimLines(text: string): string {
  let start = 0;
  let end = text.length;
  while (end > 0 && /\s/.test(text.charAt(end - 1))) end -= 1;
  for (let at = 0; at < end && /\s/.test(text.charAt(at)); at += 1) if (text[at] === '\n') start = at + 1;
  return text.slice(start, end);
}
