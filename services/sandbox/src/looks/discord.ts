import type { Span, SpanStyle } from '../protocol.ts';
import { addressRule } from './links.ts';
import { type MarkupRule, parseMarkup, push } from './markup.ts';

/** Longer than Discord lets anybody write; such text is shown as it is. */
const maxLength = 4_000;

/** Names of the people and channels that a mention may point to. */
export type NameOf = (id: string) => string | undefined;

/** Discord's Markdown as its app draws it. Not a full parser: what people write in a chat. */
export function discordSpans(content: string, nameOf: NameOf): readonly Span[] {
  if (content.length > maxLength) return [content];
  const rules = inlineRules(nameOf);
  const spans: Span[] = [];
  // A code block may span lines that look like quotes.
  for (const [index, part] of content.split(/(```[\s\S]+?```)/).entries()) {
    for (const span of index % 2 === 1 ? parseMarkup(part, rules) : lineSpans(part, rules)) push(spans, span);
  }
  return spans;
}

const lineKinds: readonly (readonly [SpanStyle, RegExp])[] = [
  ['quote', /^> (.*)$/],
  ['small', /^-# (.*)$/],
  ['heading', /^#{1,3} (.*)$/],
];

function lineSpans(text: string, rules: readonly MarkupRule[]): Span[] {
  const spans: Span[] = [];
  let plain: string[] = [];
  const flush = (end: string) => {
    if (plain.length > 0) for (const span of parseMarkup(plain.join('\n') + end, rules)) push(spans, span);
    plain = [];
  };
  const lines = text.split('\n');
  for (const line of lines) {
    const [style, inside] = kindOf(line);
    if (style === undefined) {
      plain.push(line);
      continue;
    }
    flush('');
    // Drawn as a block of its own, so the line's end needs no character.
    push(spans, { style, spans: parseMarkup(inside, rules) });
  }
  flush('');
  return spans;
}

function kindOf(line: string): readonly [SpanStyle | undefined, string] {
  for (const [style, pattern] of lineKinds) {
    const inside = pattern.exec(line)?.[1];
    if (inside !== undefined) return [style, inside];
  }
  return [undefined, line];
}

/** One character or one escaped character, so that an escaped mark closes nothing. */
const any = String.raw`(?:\\[\s\S]|[^\\])`;

function inlineRules(nameOf: NameOf): readonly MarkupRule[] {
  const mention = (sign: string, id: string | undefined, otherwise: string): Span => ({
    style: 'mention',
    spans: [sign + (nameOf(id ?? '') ?? otherwise)],
  });
  return [
    { pattern: /\\([!-/:-@[-`{-~])/y, make: (match) => match[1] ?? '' },
    { pattern: /```(?:[\w+-]+\n)?\n?([\s\S]+?)\n?```\n?/y, make: (match) => ({ style: 'block', spans: [match[1] ?? ''] }) },
    { pattern: /(?<!`)(`+)(?!`)([\s\S]*?[^`])\1(?!`)/y, make: (match) => ({ style: 'code', spans: [(match[2] ?? '').trim()] }) },
    { pattern: /<@!?(\d+)>/y, make: (match) => mention('@', match[1], 'unknown-user') },
    { pattern: /<#(\d+)>/y, make: (match) => mention('#', match[1], 'unknown') },
    { pattern: /<a?(:\w+:)\d+>/y, make: (match) => match[1] ?? '' },
    { pattern: /<(https?:\/\/[^\s<>]+)>/y, make: (match) => link(match[1], [match[1] ?? '']) },
    { pattern: /\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/y, make: (match, parse) => link(match[2], parse(match[1] ?? '')) },
    addressRule,
    {
      pattern: new RegExp(String.raw`\*\*\*(?=\S)(${any}+?)\*\*\*(?!\*)`, 'y'),
      make: (match, parse) => ({ style: 'bold', spans: [{ style: 'italic', spans: parse(match[1] ?? '') }] }),
    },
    styled('bold', String.raw`\*\*(${any}+?)\*\*(?!\*)`),
    styled('underline', `__(${any}+?)__(?!_)`),
    styled('strike', `~~(${any}+?)~~`),
    styled('spoiler', String.raw`\|\|(${any}+?)\|\|`),
    styled('italic', String.raw`\*(?=[^\s*])((?:\*\*|\\[\s\S]|[^*\\])+?)(?<!\s)\*(?!\*)`),
    styled('italic', String.raw`(?<!\w)_((?:__|\\[\s\S]|[^_\\])+?)_(?!\w)`),
  ];
}

const styled = (style: SpanStyle, pattern: string): MarkupRule => ({
  pattern: new RegExp(pattern, 'y'),
  make: (match, parse) => ({ style, spans: parse(match[1] ?? '') }),
});

const link = (href: string | undefined, spans: readonly Span[]): Span => ({
  style: 'link',
  spans,
  ...(href === undefined ? {} : { href }),
});
