import type { Span } from '../protocol.ts';

/** What one kind of markup looks like in the source, and what it becomes. */
export interface MarkupRule {
  /** Matches at the place where it is tried; needs the sticky flag. */
  readonly pattern: RegExp;
  /** `parse` is for the text inside, which may hold markup of its own. */
  make(match: RegExpExecArray, parse: (inside: string) => readonly Span[]): Span;
}

/** Parses text by rules; the first one that matches at a place wins, and what no rule knows is text. */
export function parseMarkup(text: string, rules: readonly MarkupRule[]): Span[] {
  const spans: Span[] = [];
  const parse = (inside: string) => parseMarkup(inside, rules);
  for (let at = 0; at < text.length; ) {
    const found = matchAt(text, at, rules);
    if (found) push(spans, found.rule.make(found.match, parse));
    else push(spans, text.charAt(at));
    at += found ? found.match[0].length : 1;
  }
  return spans;
}

/** Adds a span; texts that follow one another become one. */
export function push(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (typeof span === 'string' && typeof last === 'string') spans[spans.length - 1] = last + span;
  else if (span !== '') spans.push(span);
}

/** The text of spans, without their styles. */
export function plainText(spans: readonly Span[]): string {
  return spans.map((span) => (typeof span === 'string' ? span : plainText(span.spans))).join('');
}

function matchAt(text: string, at: number, rules: readonly MarkupRule[]) {
  for (const rule of rules) {
    rule.pattern.lastIndex = at;
    const match = rule.pattern.exec(text);
    if (match && match[0] !== '') return { rule, match };
  }
  return undefined;
}
