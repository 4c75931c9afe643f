import { snapToCodePoint } from './graphemes.ts';
import { lastAtMost } from './strip.ts';
import type { Line, Stretch } from './strip.ts';

const segmenters = {
  sentence: new Intl.Segmenter(undefined, { granularity: 'sentence' }),
  word: new Intl.Segmenter(undefined, { granularity: 'word' }),
  grapheme: new Intl.Segmenter(undefined, { granularity: 'grapheme' }),
};
/** Text beyond the limit that is looked at, to see whether the limit itself is a border. */
const lookAhead = 64;

/** The last position ≤ `at` at which a segment of the window begins. */
function segmentBorder(granularity: keyof typeof segmenters, window: string, at: number): number {
  return segmenters[granularity].segment(window).containing(at)?.index ?? at;
}

function lastWhiteSpace(window: string, at: number, least: number): number {
  for (let index = at; index >= least; index -= 1) if (/\s/.test(window.charAt(index))) return index;
  return -1;
}

const atLeast = (least: number, position: number): number => (position >= least ? position : -1);

interface Window {
  /** What the part may hold, and a little of what follows. */
  readonly text: string;
  /** Where in it the part must end at the latest. */
  readonly at: number;
  /** Whether white space of this kind comes again within a part's length behind a position, so that a cut there saves what follows from being cut. */
  saves(position: number, end: RegExp): boolean;
}

/** Candidates for a cut in code, from the best to the worst: whole lines matter more than full messages. */
function* inCode({ text, at, saves }: Window): Generator<number> {
  const half = Math.ceil(at / 2);
  const lineBreak = text.lastIndexOf('\n', at);
  if (lineBreak >= half || saves(lineBreak, /\n/)) yield lineBreak;
  yield lastWhiteSpace(text, at, half);
}

/** Candidates for a cut in text, from the best to the worst. One that leaves a part less than half full must save a word. */
function* inText({ text, at, saves }: Window): Generator<number> {
  const half = Math.ceil(at / 2);
  yield atLeast(half, text.lastIndexOf('\n', at));
  yield atLeast(half, segmentBorder('sentence', text, at));
  yield lastWhiteSpace(text, at, half);
  yield atLeast(half, segmentBorder('word', text, at));
  for (const early of [text.lastIndexOf('\n', at), lastWhiteSpace(text, at, 1), segmentBorder('word', text, at)])
    if (saves(early, /\s/)) yield early;
}

export interface Border {
  readonly at: number;
  /** False where only a word or a character could be cut in two. */
  readonly clean: boolean;
}

/** The best place ≤ `limit` and > `from` to cut inside a stretch; `from` and `limit` must lie in it. */
export function borderWithin(line: Line, stretch: Stretch, range: { readonly from: number; readonly limit: number }): Border {
  const { from, limit } = range;
  const at = limit - from;
  const text = line.text.slice(from, Math.min(stretch.end, limit + lookAhead));
  const saves = (position: number, end: RegExp): boolean => {
    const next = from + position + 1;
    return next + at >= stretch.end || end.test(line.text.slice(next, next + at));
  };
  const candidates = stretch.code ? inCode({ text, at, saves }) : inText({ text, at, saves });
  for (const candidate of candidates) if (candidate > 0) return { at: from + candidate, clean: true };
  const grapheme = segmentBorder('grapheme', text, at);
  return { at: from + (grapheme > 0 ? grapheme : snapToCodePoint(text, at)), clean: false };
}

/** The stretch that a position lies in; the last one for the end of the line. */
export function stretchAt(line: Line, position: number): Stretch | undefined {
  let low = 0;
  let high = line.stretches.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((line.stretches[middle]?.start ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return line.stretches[low];
}

/** Where the outermost block that a position lies in begins and ends. */
export function outerAt(line: Line, position: number): { readonly start: number; readonly end: number } {
  const index = Math.min(lastAtMost(line.outer, position), line.outer.length - 2);
  return { start: line.outer[index] ?? 0, end: line.outer[index + 1] ?? line.text.length };
}
