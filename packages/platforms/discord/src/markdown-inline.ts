import type { Inline, StyleName } from '@bridge/core';
import { matchAngle, matchEveryone } from './markdown-mentions.ts';
import type { Labels } from './markdown-mentions.ts';
import { maskedTarget, scanUrl } from './markdown-urls.ts';

type Delimiter = '**' | '*' | '__' | '_' | '~~' | '||' | '[';
interface Frame {
  readonly delimiter: Delimiter | undefined;
  readonly children: Inline[];
  text: string;
}

/** The characters on both sides of a run of delimiters. */
interface Outside {
  readonly before: string;
  readonly after: string;
}

const styles: Readonly<Record<Exclude<Delimiter, '['>, StyleName>> = {
  '**': 'bold',
  '*': 'italic',
  __: 'underline',
  _: 'italic',
  '~~': 'strike',
  '||': 'spoiler',
};
const plain = /[^\\`*_~|[\]<@h\u200b]+/y;
const punctuation = /[!-/:-@[-`{-~]/;
const word = /[\p{L}\p{N}_]/u;

/**
 * Discord's inline Markdown as a tree.
 *
 * One pass and one stack. Each delimiter can be open only once (bold inside bold means nothing), so the stack is at most
 * eight frames deep, whatever the input, and a frame that never closes gives its children to its parent: a node moves at
 * most eight times. Hence linear time and no recursion.
 */
export function parseInline(source: string, labels: Labels): Inline[] {
  return new InlineParser(source, labels).run();
}

class InlineParser {
  readonly #source: string;
  readonly #labels: Labels;
  readonly #stack: Frame[] = [{ delimiter: undefined, children: [], text: '' }];
  /** Backtick run lengths that were looked for in vain: they do not close further on either. */
  readonly #unclosed = new Set<number>();
  #at = 0;
  /** Where the last escaped character stood. */
  #escaped = -1;

  constructor(source: string, labels: Labels) {
    this.#source = source;
    this.#labels = labels;
  }

  run(): Inline[] {
    while (this.#at < this.#source.length) this.#step();
    while (this.#stack.length > 1) this.#collapse(this.#stack.length - 1);
    const [root] = this.#stack;
    if (root === undefined) return [];
    flush(root);
    return root.children;
  }

  #step(): void {
    plain.lastIndex = this.#at;
    const run = plain.exec(this.#source)?.[0];
    if (run !== undefined) {
      this.#literal(run);
      return;
    }
    switch (this.#source[this.#at]) {
      case '\\':
        return this.#escape();
      case '`':
        return this.#code();
      case '*':
      case '_':
      case '~':
      case '|':
        return this.#delimiters();
      case '[':
        return this.#openLink();
      case ']':
        return this.#closeLink();
      case '<':
        return this.#node(matchAngle(this.#source, this.#at, this.#labels));
      case '@':
        return this.#node(matchEveryone(this.#source, this.#at));
      case 'h':
        return this.#url();
      default:
        return this.#zeroWidth();
    }
  }

  #top(): Frame {
    const top = this.#stack.at(-1);
    if (top === undefined) throw new Error('the inline parser lost its root frame');
    return top;
  }

  #literal(text: string): void {
    this.#top().text += text;
    this.#at += text.length;
  }

  #push(node: Inline, length: number): void {
    const top = this.#top();
    flush(top);
    top.children.push(node);
    this.#at += length;
  }

  #node(match: { readonly node: Inline; readonly length: number } | undefined): void {
    if (match === undefined) return this.#literal(this.#source.charAt(this.#at));
    if (match.node.type !== 'text') return this.#push(match.node, match.length);
    this.#top().text += match.node.text;
    this.#at += match.length;
  }

  #escape(): void {
    const next = this.#source.charAt(this.#at + 1);
    if (!punctuation.test(next)) return this.#literal('\\');
    this.#at += 1;
    this.#escaped = this.#at;
    this.#literal(next);
  }

  /** render puts U+200B between two delimiters that would run together; it is not text. */
  #zeroWidth(): void {
    const before = this.#source.charAt(this.#at - 1);
    const separates = /[*_~|]/.test(before) && before === this.#source.charAt(this.#at + 1) && this.#escaped !== this.#at - 1;
    if (separates) this.#at += 1;
    else this.#literal(this.#source.charAt(this.#at));
  }

  #code(): void {
    const length = runLength(this.#source, this.#at);
    const from = this.#at + length;
    const end = length > 2 || this.#unclosed.has(length) ? -1 : findRun(this.#source, from, length);
    if (end === -1) {
      if (length <= 2) this.#unclosed.add(length);
      return this.#literal('`'.repeat(length));
    }
    const inner = this.#source.slice(from, end);
    const text = length === 2 && /^ ?`|` ?$/.test(inner) ? inner.replace(/^ (?=`)/, '').replace(/(?<=`) $/, '') : inner;
    this.#push({ type: 'code', text }, end + length - this.#at);
  }

  #delimiters(): void {
    const char = this.#source.charAt(this.#at);
    const start = this.#at;
    const end = start + runLength(this.#source, start);
    const outside = { before: this.#source.charAt(start - 1), after: this.#source.charAt(end) };
    // At most two delimiters of one run mean something (*** is bold and italic); a longer run is text.
    for (let turn = 0; turn < 2 && this.#at < end; turn += 1) {
      const taken = this.#pick(char, end - this.#at);
      if (taken === undefined || !(this.#tryClose(taken, outside) || this.#tryOpen(taken, outside))) break;
    }
    if (this.#at < end) this.#literal(this.#source.slice(this.#at, end));
  }

  /** Which delimiter the rest of a run begins with, given what is open. */
  #pick(char: string, rest: number): Exclude<Delimiter, '['> | undefined {
    if (char === '~') return rest === 2 ? '~~' : undefined;
    if (char === '|') return rest === 2 || rest === 4 ? '||' : undefined;
    const [one, two] = char === '*' ? (['*', '**'] as const) : (['_', '__'] as const);
    if (rest === 1) return one;
    if (rest === 2) return two;
    const single = this.#indexOf(one);
    const double = this.#indexOf(two);
    if (single > double) return one;
    return double !== -1 || rest === 3 ? two : undefined;
  }

  #indexOf(delimiter: Delimiter): number {
    return this.#stack.findIndex((frame) => frame.delimiter === delimiter);
  }

  #tryClose(delimiter: Exclude<Delimiter, '['>, outside: Outside): boolean {
    const index = this.#indexOf(delimiter);
    if (index === -1 || (delimiter === '*' && !/\S/.test(outside.before)) || (delimiter === '_' && word.test(outside.after))) return false;
    if (index === this.#stack.length - 1 && isEmpty(this.#top())) return false;
    this.#at += delimiter.length;
    this.#close(index, (children) => ({ type: styles[delimiter], children }));
    return true;
  }

  #tryOpen(delimiter: Exclude<Delimiter, '['>, outside: Outside): boolean {
    if (this.#indexOf(delimiter) !== -1) return false;
    if ((delimiter === '*' && !/\S/.test(outside.after)) || (delimiter === '_' && word.test(outside.before))) return false;
    this.#at += delimiter.length;
    this.#stack.push({ delimiter, children: [], text: '' });
    return true;
  }

  /** Ends the frame at `index`; what was opened inside it and never closed is text. */
  #close(index: number, wrap: (children: Inline[]) => Inline): void {
    while (this.#stack.length - 1 > index) this.#collapse(this.#stack.length - 1);
    const frame = this.#stack.pop();
    if (frame === undefined) return;
    flush(frame);
    const parent = this.#top();
    flush(parent);
    parent.children.push(wrap(frame.children));
  }

  /** Makes an opener that found no end into text. */
  #collapse(index: number): void {
    const [frame] = this.#stack.splice(index, 1);
    const parent = this.#stack[index - 1];
    if (frame === undefined || parent === undefined) return;
    parent.text += frame.delimiter ?? '';
    if (frame.children.length === 0) {
      parent.text += frame.text;
      return;
    }
    flush(parent);
    for (const node of frame.children) parent.children.push(node);
    parent.text = frame.text;
  }

  #openLink(): void {
    const open = this.#indexOf('[');
    // Only the innermost bracket can begin a link.
    if (open !== -1) this.#collapse(open);
    this.#stack.push({ delimiter: '[', children: [], text: '' });
    this.#at += 1;
  }

  #closeLink(): void {
    const open = this.#indexOf('[');
    if (open === -1) return this.#literal(']');
    const target = maskedTarget(this.#source, this.#at + 1);
    const empty = open === this.#stack.length - 1 && isEmpty(this.#top());
    if (target === undefined || empty) {
      this.#collapse(open);
      return this.#literal(']');
    }
    this.#at += 1 + target.length;
    // A link's own text cannot hold another link.
    this.#close(open, (children) => ({ type: 'link', href: target.href, children: unlinked(children) }));
  }

  #url(): void {
    const open = this.#stack.flatMap((frame) => (frame.delimiter === undefined || frame.delimiter === '[' ? [] : [frame.delimiter]));
    const url = scanUrl(this.#source, this.#at, open);
    if (url === undefined) return this.#literal('h');
    this.#push({ type: 'link', href: url, children: [{ type: 'text', text: url }] }, url.length);
  }
}

const isEmpty = (frame: Frame): boolean => frame.children.length === 0 && frame.text === '';

function flush(frame: Frame): void {
  if (frame.text === '') return;
  const last = frame.children.at(-1);
  if (last?.type === 'text') frame.children[frame.children.length - 1] = { type: 'text', text: last.text + frame.text };
  else frame.children.push({ type: 'text', text: frame.text });
  frame.text = '';
}

/** Without the links in it: each is a bare URL, and is text beside the text around it. */
function unlinked(nodes: readonly Inline[]): Inline[] {
  const result: Inline[] = [];
  for (const node of nodes.flatMap((each) => (each.type === 'link' ? each.children : [each]))) {
    const last = result.at(-1);
    if (node.type === 'text' && last?.type === 'text') result[result.length - 1] = { type: 'text', text: last.text + node.text };
    else result.push('children' in node ? { ...node, children: unlinked(node.children) } : node);
  }
  return result;
}

function runLength(source: string, at: number): number {
  let end = at + 1;
  while (end < source.length && source[end] === source[at]) end += 1;
  return end - at;
}

/** Where the next run of exactly `length` backticks begins, from `from` on; -1 where there is none or nothing is between. */
function findRun(source: string, from: number, length: number): number {
  let at = source.indexOf('`', from);
  while (at !== -1) {
    const found = runLength(source, at);
    if (found === length) return at > from ? at : -1;
    at = source.indexOf('`', at + found);
  }
  return -1;
}
