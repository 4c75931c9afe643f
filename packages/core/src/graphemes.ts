const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** A family emoji has 11 code units; a character under a tower of accents may have any number, and is cut. */
const unitsPerGrapheme = 16;

/** The position itself, or one less where it lies between the two halves of a surrogate pair. */
export function snapToCodePoint(text: string, position: number): number {
  const before = text.charCodeAt(position - 1);
  const after = text.charCodeAt(position);
  const splitsPair = before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
  return splitsPair ? position - 1 : position;
}

/** The position behind the code point that begins at `position`. */
export const afterCodePoint = (text: string, position: number): number => position + ((text.codePointAt(position) ?? 0) > 0xffff ? 2 : 1);

/** The first `max` graphemes of a text: never half a character, and never more than 16 code units for each. */
export function clip(text: string, max: number): string {
  const window = text.slice(0, snapToCodePoint(text, max * unitsPerGrapheme));
  // Most names: each character is one of its own, and the segmenter would take longer than all else that is done for a name.
  if (/^[ -~]*$/.test(window)) return window.slice(0, max);
  let end = 0;
  let count = 0;
  for (const { index, segment } of segmenter.segment(window)) {
    if (count === max) break;
    count += 1;
    end = index + segment.length;
  }
  return window.slice(0, end);
}

/** As `clip`, with `…` as the last of the `max` graphemes where something was cut. */
export function clipWithEllipsis(text: string, max: number): string {
  return clip(text, max).length === text.length ? text : `${clip(text, max - 1).trimEnd()}…`;
}

// Control characters, zero-width and bidirectional ones, lone surrogates. U+FE0F stays: it makes an emoji colourful.
const unseen = /[[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]--[\uFE0F\t\n\v\f\r\u0085]]/gv;
const nothingVisible = /^[\s\u2800\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]*$/v;

/** Whether a reader would see nothing at all; platforms refuse such a message as empty. */
export const isInvisible = (text: string): boolean => nothingVisible.test(text);

/**
 * A name or file name as one safe line: nothing that is not seen, nothing that turns the direction of what follows,
 * white space as single spaces. Empty when nothing visible is left.
 */
export function cleanLine(text: string, maxGraphemes: number): string {
  // Cut first, so that a name of a megabyte costs nothing; generously, since what is unseen goes afterwards.
  const line = text
    .slice(0, maxGraphemes * unitsPerGrapheme * 4)
    .replace(unseen, '')
    .replace(/[\s\u0085]+/gu, ' ')
    .trim();
  return isInvisible(line) ? '' : clip(line, maxGraphemes).trim();
}

/** Text on one line, its white space as single spaces; joiners stay, so emoji and scripts read as written. */
export function oneLine(text: string): string {
  return text
    .replace(/[\s\u0085]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/gu, '')
    .trim();
}
