import { badRequest } from './api-error.ts';
import type { Entity, FormattedText } from './model.ts';
import { normalUrl } from './url.ts';

const fail = (why: string): Error => badRequest(`Can't parse entities: ${why}`);
const markers: Readonly<Record<string, string>> = { '*': 'bold', _: 'italic', __: 'underline', '~': 'strikethrough', '||': 'spoiler' };
const names: Readonly<Record<string, string>> = {
  bold: 'Bold',
  italic: 'Italic',
  underline: 'Underline',
  strikethrough: 'Strikethrough',
  spoiler: 'Spoiler',
  code: 'Code',
  pre: 'Pre',
  text_link: 'TextUrl',
};

interface Open {
  readonly type: string;
  readonly marker: string;
  readonly offset: number;
  readonly source: number;
}

/**
 * `parse_mode: MarkdownV2` (2) and the legacy `Markdown` (1), as in https://core.telegram.org/bots/api#markdownv2-style.
 * In version 2 every reserved character outside of an entity is an error unless escaped. Custom emoji and quotes that
 * fold are not simulated; a line that begins with `>` is a quote.
 */
export function parseMarkdown(source: string, version: 1 | 2): FormattedText {
  return new MarkdownReader(source, version).read();
}

class MarkdownReader {
  readonly #source: string;
  readonly #version: 1 | 2;
  readonly #open: Open[] = [];
  readonly #entities: Entity[] = [];
  #text = '';
  #at = 0;

  constructor(source: string, version: 1 | 2) {
    this.#source = source;
    this.#version = version;
  }

  read(): FormattedText {
    while (this.#at < this.#source.length) this.#step();
    const left = this.#open.findLast((open) => open.marker !== '>');
    if (left) throw this.#unclosed(left);
    for (const quote of this.#open) this.#close(quote);
    return { text: this.#text, entities: this.#entities };
  }

  #step(): void {
    const char = this.#source.charAt(this.#at);
    if (char === '\\') return this.#escape();
    if (char === '`') return this.#code();
    if (char === '\n') return this.#newLine();
    const marker = this.#markerHere();
    if (marker !== undefined) return this.#toggle(marker);
    if (char === '[') return this.#begin('text_link', '[');
    if (char === ']' && this.#open.at(-1)?.marker === '[') return this.#link();
    if (this.#version === 2 && char === '>' && (this.#at === 0 || this.#source.charAt(this.#at - 1) === '\n')) return this.#quote();
    if (this.#version === 2 && '_*[]()~`>#+-=|{}.!'.includes(char)) {
      throw fail(`Character '${char}' is reserved and must be escaped with the preceding '\\'`);
    }
    this.#literal(char);
  }

  #literal(text: string): void {
    this.#text += text;
    this.#at += text.length;
  }

  #escape(): void {
    const next = this.#source.charAt(this.#at + 1);
    const escapable = this.#version === 2 ? /^[\x01-\x7e]$/.test(next) : '_*`['.includes(next) && next !== '';
    if (!escapable) return this.#literal('\\');
    this.#text += next;
    this.#at += 2;
  }

  #code(): void {
    const fence = this.#source.startsWith('```', this.#at) ? '```' : '`';
    const from = this.#at + fence.length;
    const end = this.#endOf(fence, from);
    if (end === -1) throw this.#unclosed({ type: fence === '`' ? 'code' : 'pre', source: this.#at });
    const raw = this.#source.slice(from, end);
    const [, language = '', inside = raw] = fence === '`' ? [] : (/^([^\s`]*)\r?\n([\s\S]*)$/.exec(raw) ?? []);
    const content = this.#version === 2 ? inside.replace(/\\([\x01-\x7e])/g, '$1') : inside;
    if (content !== '') {
      const type = fence === '`' ? 'code' : 'pre';
      this.#entities.push({ type, offset: this.#text.length, length: content.length, ...(language === '' ? {} : { language }) });
    }
    this.#text += content;
    this.#at = end + fence.length;
  }

  #endOf(fence: string, from: number): number {
    for (let at = from; at < this.#source.length; at += 1) {
      if (this.#version === 2 && this.#source.charAt(at) === '\\') at += 1;
      else if (this.#source.startsWith(fence, at)) return at;
    }
    return -1;
  }

  #markerHere(): string | undefined {
    const pair = this.#source.slice(this.#at, this.#at + 2);
    if (this.#version === 2 && (pair === '__' || pair === '||')) return pair;
    const char = pair.charAt(0);
    return char === '*' || char === '_' || (this.#version === 2 && char === '~') ? char : undefined;
  }

  #toggle(marker: string): void {
    if (this.#open.at(-1)?.marker !== marker) return this.#begin(markers[marker] ?? '', marker);
    const open = this.#open.pop();
    this.#at += marker.length;
    if (open) this.#close(open);
  }

  #begin(type: string, marker: string): void {
    this.#open.push({ type, marker, offset: this.#text.length, source: this.#at });
    this.#at += marker.length;
  }

  #close(open: Open, extra: { readonly url?: string } = {}): void {
    const length = this.#text.length - open.offset;
    if (length > 0) this.#entities.push({ type: open.type, offset: open.offset, length, ...extra });
  }

  #link(): void {
    const open = this.#open.pop();
    this.#at += 1;
    let url = open ? this.#text.slice(open.offset) : '';
    if (this.#source.charAt(this.#at) === '(') {
      const end = this.#endOf(')', this.#at + 1);
      if (end === -1) throw fail(`Can't find end of a URL at byte offset ${Buffer.byteLength(this.#source.slice(0, this.#at))}`);
      url = this.#source.slice(this.#at + 1, end).replace(/\\([\x01-\x7e])/g, '$1');
      this.#at = end + 1;
    }
    const normal = normalUrl(url);
    if (open && normal !== undefined) this.#close(open, { url: normal });
  }

  #quote(): void {
    this.#at += 1;
    if (!this.#open.some((open) => open.marker === '>')) {
      this.#open.push({ type: 'blockquote', marker: '>', offset: this.#text.length, source: this.#at });
    }
  }

  #newLine(): void {
    const open = this.#open.at(-1);
    if (open?.marker === '>' && this.#source.charAt(this.#at + 1) !== '>') {
      this.#open.pop();
      this.#close(open);
    }
    this.#literal('\n');
  }

  #unclosed(open: { readonly type: string; readonly source: number }): Error {
    return fail(
      `Can't find end of ${names[open.type] ?? open.type} entity at byte offset ${Buffer.byteLength(this.#source.slice(0, open.source))}`,
    );
  }
}
