import { borderWithin, outerAt, stretchAt } from './borders.ts';
import { limitDepth } from './depth.ts';
import { afterCodePoint, snapToCodePoint } from './graphemes.ts';
import { leafText } from './leaf-text.ts';
import { inlineText, isBlank, paragraphs, plainText } from './plain-text.ts';
import type { Block, Body, Inline } from './rich-text.ts';
import { layOut } from './strip.ts';
import type { Line } from './strip.ts';

export interface SplitOptions {
  /** Whether a body can be sent as one message. What is shorter than something that fits should fit too. */
  fits(part: Body): boolean;
}
type Fits = SplitOptions['fits'];

/** Positions of a first try; about half of the shortest limit of a platform. */
const firstGuess = 1024;
/** A leaf or address shorter than this fits anywhere worth sending to, and is not asked about. */
const suspiciousLength = 64;

/** The furthest position up to which the line fits, found in growing steps around a guess and then by halving. */
function furthest(line: Line, from: number, { guess, fits }: { readonly guess: number; readonly fits: Fits }): number {
  const end = line.text.length;
  let good = from;
  let bad = end + 1;
  const probe = (position: number): void => {
    const to = Math.max(snapToCodePoint(line.text, Math.min(end, position)), afterCodePoint(line.text, good));
    if (fits(line.slice(from, to))) good = to;
    else bad = to;
  };
  probe(from + guess);
  // Parts of one text are of about one length, so the answer is likely to be near the guess.
  const upwards = good > from;
  for (let step = Math.ceil(guess / 16); upwards ? good < end && bad > end : good === from && bad > from + step; step *= 4) {
    probe(upwards ? good + step : bad - step);
  }
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (snapToCodePoint(line.text, middle) <= good) break;
    probe(middle);
  }
  return good;
}

/** Where to end a part that could go up to `limit`: between blocks where that wastes little, else inside one. */
function bestBorder(line: Line, range: { readonly from: number; readonly limit: number }, fits: Fits): number {
  const { from, limit } = range;
  if (limit === line.text.length) return limit;
  const half = from + Math.ceil((limit - from) / 2);
  const outer = outerAt(line, limit);
  if (outer.start > from && (outer.start >= half || fitsAlone(line, outer, { fits, room: limit - from }))) return outer.start;
  const stretch = stretchAt(line, limit);
  if (stretch === undefined || stretch.start >= half) return stretch?.start ?? limit;
  const start = Math.max(from, stretch.start);
  const border = borderWithin(line, stretch, { from: start, limit });
  return border.clean || start === from ? border.at : start;
}

function fitsAlone(
  line: Line,
  block: { readonly start: number; readonly end: number },
  { fits, room }: { readonly fits: Fits; readonly room: number },
): boolean {
  // What is far longer than a part need not be rendered to see that it does not fit.
  return block.end - block.start <= 4 * room && fits(line.slice(block.start, block.end));
}

interface Cut {
  /** Where the part ends, and where the next one begins: white space at a cut belongs to neither. */
  readonly end: number;
  readonly next: number;
}

const isSpace = (char: string): boolean => /\s/.test(char);

function trimCut(line: Line, from: number, at: number): Cut {
  const stretch = stretchAt(line, at);
  if (stretch === undefined || at <= stretch.start || at >= stretch.end) return { end: at, next: at };
  // The indentation of a line of code is part of it.
  if (stretch.code) return { end: at, next: line.text.charAt(at) === '\n' ? at + 1 : at };
  let end = at;
  let next = at;
  while (next < stretch.end && isSpace(line.text.charAt(next))) next += 1;
  while (end > Math.max(from, stretch.start) && isSpace(line.text.charAt(end - 1))) end -= 1;
  return { end, next };
}

/** The next part, or none where not even one character fits within the markup around it. */
function nextCut(line: Line, from: number, options: { readonly guess: number; readonly fits: Fits }): Cut | undefined {
  let limit = furthest(line, from, options);
  while (limit > from) {
    const cut = trimCut(line, from, bestBorder(line, { from, limit }, options.fits));
    if (cut.end === from || options.fits(line.slice(from, cut.end))) return cut;
    // Only where less text measures more, for instance because a shorter part needs another kind of markup.
    limit = snapToCodePoint(line.text, Math.min(cut.end, limit) - 1);
  }
  return undefined;
}

const oneCodePoint = (line: Line, from: number): Cut => ({ end: afterCodePoint(line.text, from), next: afterCodePoint(line.text, from) });

function cutLine(line: Line, fits: Fits, markup: boolean): readonly Body[] {
  const parts: Body[] = [];
  let guess = firstGuess;
  for (let from = 0; from < line.text.length; ) {
    const cut = nextCut(line, from, { guess, fits });
    if (cut === undefined && markup) return [...parts, ...cutPlain(line.slice(from, line.text.length), fits)];
    const { end, next } = cut ?? oneCodePoint(line, from);
    const part = line.slice(from, end);
    if (!isBlank(part)) parts.push(part);
    guess = Math.max(1, end - from);
    from = next;
  }
  return parts;
}

/** The last resort: without markup there is the most room for text. */
const cutPlain = (rest: Body, fits: Fits): readonly Body[] => cutLine(layOut(paragraphs(plainText(rest))), fits, false);

const asText = (text: string): Inline => ({ type: 'text', text });

/** What cannot be cut, or would be repeated in every part, becomes text where it is too long for that. */
function tameInline(inline: Inline, fits: Fits): Inline[] {
  if (!('children' in inline)) {
    const text = leafText(inline);
    const cuttable = inline.type === 'text' || inline.type === 'code' || text.length <= suspiciousLength;
    return [cuttable || fits([{ type: 'paragraph', children: [inline] }]) ? inline : asText(text)];
  }
  const children = inline.children.flatMap((child) => tameInline(child, fits));
  if (inline.type !== 'link' || inline.href.length <= suspiciousLength) return [{ ...inline, children }];
  const twice: Inline = { ...inline, href: inline.href + inline.href, children: [asText('x')] };
  if (fits([{ type: 'paragraph', children: [twice] }])) return [{ ...inline, children }];
  return [asText(inlineText(inline))];
}

function tameBlock(block: Block, fits: Fits): Block {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return { ...block, children: block.children.flatMap((child) => tameInline(child, fits)) };
    case 'quote':
      return { ...block, children: block.children.map((child) => tameBlock(child, fits)) };
    case 'list':
      return { ...block, items: block.items.map((item) => item.map((child) => tameBlock(child, fits))) };
    case 'code-block':
      return block;
  }
}

/**
 * Cuts a body into parts that each fit, at the best border there is: between blocks, at line breaks, sentences,
 * words, characters as people see them, and code points where even one such character is too long. Styles, links,
 * lists, quotes and code blocks that are cut in two are closed and opened again. Nothing but white space at the cuts
 * is lost (and joiners that a cut leaves alone), and no part is blank: a blank body has no parts. Takes time in proportion to the text.
 *
 * Where `fits` refuses even a single character inside its markup, the rest is cut as plain text; where it refuses
 * that too, each such character is a part of its own, so that it always ends.
 */
export function splitBody(body: Body, { fits }: SplitOptions): readonly Body[] {
  const limited = limitDepth(body);
  if (isBlank(limited)) return [];
  if (fits(limited)) return [limited];
  return cutLine(layOut(limited.map((block) => tameBlock(block, fits))), fits, true);
}
