import { type Block, type Body, type Inline, limitDepth } from '@bridge/core';

/** An entity as sendMessage takes it: https://core.telegram.org/bots/api#messageentity */
export type SentEntity = {
  readonly type: SentType;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
  readonly unix_time?: number;
  readonly user?: { readonly id: number; readonly is_bot: boolean; readonly first_name: string };
};
type SentType =
  | 'bold'
  | 'italic'
  | 'underline'
  | 'strikethrough'
  | 'spoiler'
  | 'code'
  | 'pre'
  | 'blockquote'
  | 'text_link'
  | 'text_mention'
  | 'mention'
  | 'date_time';
type Extra = Omit<SentEntity, 'type' | 'offset' | 'length'>;

/** What goes into sendMessage and editMessageText. Never with a parse_mode, which would make text into markup. */
export type Rendered = { readonly text: string; readonly entities: readonly SentEntity[] };

/** Collects text and entities, knowing how far it has come. */
class Writer {
  private readonly parts: string[] = [];
  private readonly found: SentEntity[] = [];
  private length = 0;
  private indent = '';
  private quoted = false;
  private linked = false;

  write(text: string): void {
    const whole = this.indent ? text.replaceAll('\n', `\n${this.indent}`) : text;
    this.parts.push(whole);
    this.length += whole.length;
  }

  cover(type: SentType, extra: Extra, write: () => void): void {
    const offset = this.length;
    write();
    if (this.length > offset) this.found.push({ type, offset, length: this.length - offset, ...extra });
  }

  indented(by: string, write: () => void): void {
    const before = this.indent;
    this.indent = before + by;
    write();
    this.indent = before;
  }

  /** False where this is inside a link already: Telegram keeps one of two. */
  link(url: string, write: () => void): boolean {
    if (this.linked) return false;
    this.linked = true;
    this.cover('text_link', { url }, write);
    this.linked = false;
    return true;
  }

  /** Telegram has no quotation within a quotation, and one begins its own line, which it cannot behind a list's marker. */
  quote(write: () => void): void {
    if (this.quoted || this.indent) return write();
    this.quoted = true;
    this.cover('blockquote', {}, write);
    this.quoted = false;
  }

  code(text: string, language: string | undefined): void {
    const write = () => this.write(text);
    if (this.indent) this.cover('code', {}, write);
    else this.cover('pre', language ? { language } : {}, write);
  }

  result(): Rendered {
    return { text: this.parts.join('').toWellFormed(), entities: tidy(this.found) };
  }
}

const order = (a: SentEntity, b: SentEntity): number => a.offset - b.offset || b.length - a.length || (a.type < b.type ? -1 : 1);
const verbatim = (entity: SentEntity): boolean => entity.type === 'code' || entity.type === 'pre';
/** These may be joined where they touch; a quotation or a code block may not. */
const joinable = new Set<SentType>(['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'text_link']);

/** No other formatting within code, which Telegram does not have, and touching pieces of one style as one. */
function tidy(found: readonly SentEntity[]): SentEntity[] {
  const sorted = found.toSorted(order);
  const codes = sorted.filter(verbatim);
  const pieces = codes.length === 0 ? sorted : sorted.flatMap((entity) => (joinable.has(entity.type) ? without(entity, codes) : [entity]));
  const open = new Map<string, number>();
  const result: SentEntity[] = [];
  for (const entity of pieces.toSorted(order)) {
    const key = `${entity.type} ${entity.url ?? ''}`;
    const index = joinable.has(entity.type) ? open.get(key) : undefined;
    const before = index === undefined ? undefined : result[index];
    if (index !== undefined && before && entity.offset <= before.offset + before.length) {
      result[index] = { ...before, length: Math.max(before.length, entity.offset + entity.length - before.offset) };
    } else {
      open.set(key, result.push(entity) - 1);
    }
  }
  return result.toSorted(order);
}

function without(entity: SentEntity, codes: readonly SentEntity[]): SentEntity[] {
  const end = entity.offset + entity.length;
  const result: SentEntity[] = [];
  let at = entity.offset;
  for (const code of codes) {
    if (code.offset >= end || code.offset + code.length <= at) continue;
    if (code.offset > at) result.push({ ...entity, offset: at, length: code.offset - at });
    at = code.offset + code.length;
  }
  return at < end ? [...result, { ...entity, offset: at, length: end - at }] : result;
}

const styleTypes = { bold: 'bold', italic: 'italic', underline: 'underline', strike: 'strikethrough', spoiler: 'spoiler' } as const;

/** Calls of everybody elsewhere. Here they would be the user names of whoever has taken them. */
const calls = /@(?=(?:everyone|here)\b)/gi;
const uncalled = (text: string): string => text.replaceAll(calls, '@\u2060');

function inline(writer: Writer, node: Inline): void {
  switch (node.type) {
    case 'text':
      return writer.write(uncalled(node.text));
    case 'code':
      return writer.cover('code', {}, () => writer.write(node.text));
    case 'link':
      return link(writer, node);
    case 'mention':
      return mention(writer, node);
    case 'custom-emoji':
      return writer.write(`:${node.name}:`);
    case 'timestamp':
      return timestamp(writer, node.unix);
    default:
      return writer.cover(styleTypes[node.type], {}, () => inlines(writer, node.children));
  }
}

const inlines = (writer: Writer, nodes: readonly Inline[]): void => {
  for (const node of nodes) inline(writer, node);
};

/** Telegram refuses the whole message for one address that it cannot link. */
function isLinkable(href: string): boolean {
  if (/^tg:/i.test(href)) return true;
  if (!/^https?:/i.test(href) || !URL.canParse(href)) return false;
  const { hostname } = new URL(href);
  return hostname.includes('.') || hostname === 'localhost';
}

/** A bare address is left to Telegram, which links it by itself; one that Telegram does not link is written out. */
function link(writer: Writer, node: Extract<Inline, { type: 'link' }>): void {
  const [only] = node.children;
  if (node.children.length === 1 && only?.type === 'text' && only.text === node.href) return writer.write(node.href);
  if (node.children.length === 0) return writer.write(node.href);
  const write = () => inlines(writer, node.children);
  if (isLinkable(node.href) && writer.link(node.href, write)) return;
  write();
  if (node.href !== '') writer.write(` (${node.href})`);
}

/**
 * Ids that begin with `@` or `user:` are this platform's own. Any other mention is text with an invisible joiner
 * after the `@`, or Telegram would notify whoever happens to have that user name here.
 */
function mention(writer: Writer, node: Extract<Inline, { type: 'mention' }>): void {
  if (/^@\w+$/.test(node.id)) return writer.cover('mention', {}, () => writer.write(node.id));
  const user = /^user:(\d+)$/.exec(node.id)?.[1];
  if (user !== undefined) {
    const known = { id: Number(user), is_bot: false, first_name: node.label };
    return writer.cover('text_mention', { user: known }, () => writer.write(node.label));
  }
  const sign = node.kind === 'channel' ? '#' : '@';
  writer.write(uncalled(sign === '@' && /^\w{3}/.test(node.label) ? `@\u2060${node.label}` : `${sign}${node.label}`));
}

/** Telegram refuses the whole message for a date of 1970 or before, and for one after January 2038. */
function timestamp(writer: Writer, unix: number): void {
  const write = () => writer.write(utc(unix));
  if (Number.isInteger(unix) && unix > 0 && unix < 2 ** 31) writer.cover('date_time', { unix_time: unix }, write);
  else write();
}

function utc(unix: number): string {
  const date = new Date(unix * 1000);
  return Number.isNaN(date.getTime()) ? String(unix) : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function block(writer: Writer, node: Block): void {
  switch (node.type) {
    case 'paragraph':
      return inlines(writer, node.children);
    case 'heading':
      return writer.cover('bold', {}, () => inlines(writer, node.children));
    case 'quote':
      return writer.quote(() => blocks(writer, node.children));
    case 'code-block':
      return writer.code(node.text, node.language);
    case 'list':
      return items(writer, node);
    default: {
      const never: never = node;
      return never;
    }
  }
}

function items(writer: Writer, list: Extract<Block, { type: 'list' }>): void {
  for (const [index, item] of list.items.entries()) {
    if (index > 0) writer.write('\n');
    writer.write(list.ordered ? `${list.start + index}. ` : '• ');
    writer.indented('  ', () => blocks(writer, item));
  }
}

function blocks(writer: Writer, nodes: readonly Block[]): void {
  for (const [index, node] of nodes.entries()) {
    const before = nodes[index - 1];
    // As the core's plain text: a blank line where two blocks of a kind would read as one.
    if (before) writer.write(before.type === node.type ? '\n\n' : '\n');
    block(writer, node);
  }
}

/** The body as Telegram takes it. Total, at any depth; the inverse of `parseText` for what that makes. */
export function render(body: Body): Rendered {
  const writer = new Writer();
  blocks(writer, limitDepth(body));
  return writer.result();
}
