import type { Span, SpanStyle } from '../protocol.ts';
import { type MarkupRule, parseMarkup, plainText, push } from './markup.ts';

/** `MessageEntity` of the Bot API; offset and length in UTF-16 code units, as in JavaScript's strings. */
export interface TelegramEntity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
}

const styles: Readonly<Record<string, SpanStyle>> = {
  bold: 'bold',
  italic: 'italic',
  underline: 'underline',
  strikethrough: 'strike',
  spoiler: 'spoiler',
  code: 'code',
  pre: 'block',
  blockquote: 'quote',
  expandable_blockquote: 'quote',
  url: 'link',
  text_link: 'link',
  email: 'mention',
  mention: 'mention',
  text_mention: 'mention',
  hashtag: 'mention',
  cashtag: 'mention',
  bot_command: 'mention',
};

/** The text with its styles. Telegram's entities are nested or apart, never crossed. */
export function telegramSpans(text: string, entities: readonly TelegramEntity[]): readonly Span[] {
  const known = entities.filter((entity) => styles[entity.type] !== undefined);
  const ordered = known.toSorted((a, b) => a.offset - b.offset || b.length - a.length);
  return spansOf(text, ordered, { from: 0, to: text.length });
}

interface Part {
  readonly from: number;
  readonly to: number;
}

function spansOf(text: string, ordered: readonly TelegramEntity[], { from, to }: Part): Span[] {
  const spans: Span[] = [];
  let at = from;
  for (let index = 0; index < ordered.length; index += 1) {
    const entity = ordered[index];
    if (!entity || entity.offset < at) continue;
    const end = Math.min(to, entity.offset + entity.length);
    const inside = ordered.slice(index + 1).filter((other) => other.offset < end);
    push(spans, text.slice(at, entity.offset));
    push(spans, spanOf(entity, spansOf(text, inside, { from: entity.offset, to: end })));
    at = end;
  }
  push(spans, text.slice(at, to));
  return spans;
}

function spanOf(entity: TelegramEntity, spans: readonly Span[]): Span {
  const style = styles[entity.type] ?? 'mention';
  if (style !== 'link') return { style, spans };
  const address = entity.url ?? plainText(spans);
  const href = /^https?:\/\//i.test(address) ? address : `https://${address}`;
  return { style, spans, href };
}

/** Entities of a message as the simulator keeps them. */
export function entitiesOf(source: unknown): TelegramEntity[] {
  if (typeof source !== 'object' || source === null || !('entities' in source) || !Array.isArray(source.entities)) return [];
  return source.entities.filter(isEntity);
}

function isEntity(value: unknown): value is TelegramEntity {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('offset' in value) || !('length' in value)) return false;
  return typeof value.type === 'string' && typeof value.offset === 'number' && typeof value.length === 'number';
}

/** What Telegram's apps turn into formatting as one sends: mark, style here, and type of the entity. */
const marks: readonly (readonly [mark: string, style: SpanStyle, type: string])[] = [
  ['```', 'block', 'pre'],
  ['`', 'code', 'code'],
  ['**', 'bold', 'bold'],
  ['__', 'italic', 'italic'],
  ['~~', 'strike', 'strikethrough'],
  ['||', 'spoiler', 'spoiler'],
];

const typedRules = marks.map(([mark, style]): MarkupRule => {
  const escaped = mark.replaceAll(/[*|]/g, String.raw`\$&`);
  return {
    pattern: new RegExp(String.raw`${escaped}(?!\s)((?:(?!${escaped})[\s\S])+?)(?<!\s)${escaped}`, 'y'),
    make: (match, parse) => ({ style, spans: style === 'code' || style === 'block' ? [match[1] ?? ''] : parse(match[1] ?? '') }),
  };
});

/** What a person typed, as their app sends it: text and entities. */
export function fromTyped(typed: string): { readonly text: string; readonly entities: readonly TelegramEntity[] } {
  const entities: TelegramEntity[] = [];
  const text = flatten(parseMarkup(typed, typedRules), 0, entities);
  return { text, entities: entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length) };
}

function flatten(spans: readonly Span[], offset: number, entities: TelegramEntity[]): string {
  let text = '';
  for (const span of spans) {
    if (typeof span === 'string') {
      text += span;
      continue;
    }
    const at = offset + text.length;
    const nested: TelegramEntity[] = [];
    const inside = flatten(span.spans, at, nested);
    const type = marks.find(([, style]) => style === span.style)?.[2];
    if (type !== undefined) entities.push({ type, offset: at, length: inside.length });
    // After what they stand in: of two over the same text, the first is the outer one, and in code no mark would be one.
    entities.push(...nested);
    text += inside;
  }
  return text;
}

/** The way back: what a person would have to type for these spans. What cannot be typed stays as its text. */
export function toTyped(spans: readonly Span[]): string {
  return spans
    .map((span) => {
      if (typeof span === 'string') return span;
      const mark = marks.find(([, style]) => style === span.style)?.[0] ?? '';
      return mark + toTyped(span.spans) + mark;
    })
    .join('');
}
