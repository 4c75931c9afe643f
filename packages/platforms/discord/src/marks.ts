import { createHash } from 'node:crypto';
import type { Command } from '@bridge/core';

/**
 * Every message that the bridge sends ends in a mark: characters that show nothing and say which step of which delivery it is.
 * Webhooks have no nonce, and a bot's nonce is only remembered for minutes, so this is how a message whose answer was lost is
 * found again; two messages alike in name and words have different marks. It also tells other bridge programs of this kind
 * that the message is a copy already.
 */

/** Four invisible operators of Unicode, two bits each. */
const letters = '\u2061\u2062\u2063\u2064';
/** Word joiner, so that no line ends within the mark. */
const start = '\u2060';
const lettersPerMark = 24;
/** The space keeps the mark out of a link at the end of the text. */
const lead = ` ${start}`;
/** UTF-16 units that the mark adds to a text. */
export const markLength = lead.length + lettersPerMark;

const atEnd = new RegExp(`${start}([${letters}]{${lettersPerMark}})\\s*$`, 'u');
const anywhere = new RegExp(` ?${start}[${letters}]{${lettersPerMark}}`, 'gu');

/** The mark of one step of a delivery: 48 bits of a digest. */
export function markOf({ delivery, step }: Pick<Command, 'delivery' | 'step'>): string {
  const digest = createHash('sha256').update(`${delivery}/${step}`).digest();
  let mark = '';
  for (const byte of digest.subarray(0, lettersPerMark / 4)) for (const shift of [6, 4, 2, 0]) mark += letters.charAt((byte >> shift) & 3);
  return mark;
}

/** A message's text with the mark behind it. */
export const marked = (content: string, mark: string): string => `${content}${lead}${mark}`;

/** The mark that a text ends in. */
export const markIn = (content: string | undefined): string | undefined => atEnd.exec(content ?? '')?.[1];

/** A text as its readers see it: marks come along when somebody copies or quotes what the bridge wrote. */
export const withoutMarks = (content: string): string => (content.includes(start) ? content.replace(anywhere, '') : content);
