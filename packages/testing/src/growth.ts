import { expect } from 'vitest';

/** Four times the input takes four times the work where that is linear, and sixteen times where it is quadratic. */
const more = 4;
const mostTimesMore = 10;
/** So little is noise: of the machine, of the compiler, of the collector of garbage. */
const noiseMs = 60;
const mostTries = 5;

/** Processor time of this process, which other processes do not lengthen as they do the time of day. */
function workMs(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/**
 * Fails where the work that `run` does grows faster than its input. It compares two sizes with each other, the larger one as
 * given, and takes the least of several tries, so that a slow machine is no reason to fail. What a run costs, in milliseconds, is
 * `measure`'s to say.
 */
export function expectLinear(run: (size: number) => unknown, size = 1_000_000, measure: (run: () => unknown) => number = workMs): void {
  let small = Number.POSITIVE_INFINITY;
  let large = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < mostTries; tries += 1) {
    small = Math.min(
      small,
      measure(() => run(size / more)),
    );
    large = Math.min(
      large,
      measure(() => run(size)),
    );
    if (large <= noiseMs || large <= small * mostTimesMore) return;
  }
  expect(large / small, `${more} times the input took ${large.toFixed(0)} ms instead of ${small.toFixed(0)} ms`).toBeLessThanOrEqual(
    mostTimesMore,
  );
}

/** What parsers of chat markup have stumbled over when there was much of it. */
export const hostileUnits: readonly string[] = [
  'word ',
  'a',
  '*',
  '**',
  '*a ',
  '_a',
  '[',
  '[a](',
  '[*',
  '**[_',
  '`',
  '``',
  '`a``',
  '`a',
  '```',
  '> ',
  '> \n',
  '- ',
  '- a\n  ',
  '1. ',
  '# ',
  '\n',
  ' ',
  '<',
  '<@',
  '<@uid:',
  '<@uid:a> ',
  '@{a|',
  '@',
  'h',
  'https://a(',
  'http://a**',
  '||',
  '~~',
  '\\',
  '\u0301',
  '👩‍👩‍👧‍👦',
  '\ud800',
];

/** A text of about this many characters. */
export const repeated = (unit: string, size: number): string => unit.repeat(Math.ceil(size / unit.length));
