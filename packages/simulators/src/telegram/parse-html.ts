import { badRequest } from './api-error.ts';
import type { Entity, FormattedText } from './model.ts';
import { normalUrl } from './url.ts';

/** Which entity a tag makes; `a`, `code`, `pre`, `span`, `blockquote`, `tg-emoji` and `tg-time` depend on more than the name. */
const types: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  a: 'text_link',
  'tg-emoji': 'custom_emoji',
  'tg-time': 'date_time',
};

interface OpenTag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly offset: number;
}

const fail = (why: string): Error => badRequest(`Can't parse entities: ${why}`);

/** `parse_mode: HTML`: the tags named in https://core.telegram.org/bots/api#html-style, and an error for any other. */
export function parseHtml(source: string): FormattedText {
  const open: OpenTag[] = [];
  const entities: Entity[] = [];
  let text = '';
  let at = 0;
  while (at < source.length) {
    const next = source.indexOf('<', at);
    const end = next === -1 ? source.length : next;
    text += decode(source.slice(at, end));
    if (next === -1) break;
    const tag = readTag(source, next);
    if (tag.closing) entities.push(...close({ open, name: tag.name, text, where: tag.where }));
    else open.push({ name: tag.name, attributes: tag.attributes, offset: text.length });
    at = tag.end;
  }
  const last = open.at(-1);
  if (last) throw fail(`Can't find end tag corresponding to start tag "${last.name}"`);
  return { text, entities };
}

interface Tag {
  readonly closing: boolean;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Index behind the tag. */
  readonly end: number;
  /** "byte offset n", for errors. */
  readonly where: string;
}

function readTag(source: string, start: number): Tag {
  const where = `byte offset ${Buffer.byteLength(source.slice(0, start))}`;
  const closing = source.charAt(start + 1) === '/';
  const match = /^<\/?([^\s>]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>/.exec(source.slice(start));
  if (!match) throw fail(`Unclosed ${closing ? 'end' : 'start'} tag at ${where}`);
  const name = (match[1] ?? '').toLowerCase();
  const tag = { closing, name, end: start + match[0].length, where };
  if (closing) return { ...tag, attributes: new Map() };
  if (types[name] === undefined) throw fail(`Unsupported start tag "${name}" at ${where}`);
  const attributes = readAttributes(match[2] ?? '');
  if (name === 'span' && attributes.get('class') !== 'tg-spoiler') throw fail(`Tag "span" must have class "tg-spoiler" at ${where}`);
  return { ...tag, attributes };
}

function readAttributes(source: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single, bare] of source.matchAll(/([^\s=/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+)))?/g)) {
    attributes.set(name, decode(double ?? single ?? bare ?? ''));
  }
  return attributes;
}

function close(end: { readonly open: OpenTag[]; readonly name: string; readonly text: string; readonly where: string }): Entity[] {
  const tag = end.open.pop();
  if (!tag) throw fail(`Unexpected end tag at ${end.where}`);
  if (end.name !== '' && end.name !== tag.name) {
    throw fail(`Unmatched end tag at ${end.where}, expected "</${tag.name}>", found "</${end.name}>"`);
  }
  const entity = entityOf(tag, { offset: tag.offset, length: end.text.length - tag.offset }, end.text.slice(tag.offset));
  return entity && entity.length > 0 ? [entity] : [];
}

function entityOf(tag: OpenTag, place: { readonly offset: number; readonly length: number }, inside: string): Entity | undefined {
  const type = types[tag.name] ?? '';
  const attribute = (name: string): string => tag.attributes.get(name) ?? '';
  switch (tag.name) {
    case 'a': {
      // A link that Telegram refuses is dropped without a word; one without an address is its own text.
      const url = normalUrl(attribute('href') || inside);
      return url === undefined ? undefined : { type, ...place, url };
    }
    case 'code':
      return attribute('class').startsWith('language-')
        ? { type: 'pre', ...place, language: attribute('class').slice(9) }
        : { type, ...place };
    case 'blockquote':
      return { type: tag.attributes.has('expandable') ? 'expandable_blockquote' : type, ...place };
    case 'tg-emoji':
      if (!/^[1-9]\d*$/.test(attribute('emoji-id'))) throw fail('Invalid custom emoji identifier specified');
      return { type, ...place, custom_emoji_id: attribute('emoji-id') };
    case 'tg-time':
      return {
        type,
        ...place,
        unix_time: Number.parseInt(attribute('unix'), 10) || 0,
        ...(attribute('format') === '' ? {} : { date_time_format: attribute('format') }),
      };
    default:
      return { type, ...place };
  }
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** These four and numbers; any other reference stays as it is written. */
function decode(source: string): string {
  if (!source.includes('&')) return source;
  return source.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|lt|gt|amp|quot);?/gi, (whole, reference: string) => {
    const body = reference.toLowerCase();
    if (!body.startsWith('#')) return named[body] ?? whole;
    const code = body.startsWith('#x') ? Number.parseInt(body.slice(2), 16) : Number(body.slice(1));
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
  });
}
