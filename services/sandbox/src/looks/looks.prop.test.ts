import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discordSpans } from './discord.ts';
import { linkSpans } from './links.ts';
import { plainText } from './markup.ts';
import { fromTyped, telegramSpans, toTyped } from './telegram.ts';

const nobody = () => undefined;
/** Text that is full of marks, so that they meet. */
const marked = fc
  .array(fc.constantFrom('a', 'B', ' ', '\n', '*', '**', '_', '__', '~~', '||', '`', '```', '\\', '<@1>', '> ', 'https://x.y/z', '👍'), {
    maxLength: 30,
  })
  .map((parts) => parts.join(''));

describe('any text', () => {
  it('is shown whole where it is plain', () => {
    fc.assert(fc.property(fc.oneof(marked, fc.string({ unit: 'grapheme' })), (text) => void expect(plainText(linkSpans(text))).toBe(text)));
  });

  it('reads on Discord as it was meant once every mark is escaped', () => {
    const escape = (text: string) => text.replaceAll(/[!-/:-@[-`{-~]/g, String.raw`\$&`);
    fc.assert(fc.property(marked, (text) => void expect(plainText(discordSpans(escape(text), nobody))).toBe(text)));
  });

  it('never breaks the drawing of a Discord message', () => {
    fc.assert(
      fc.property(marked, (text) => void expect(plainText(discordSpans(text, nobody)).length).toBeLessThanOrEqual(text.length + 13 * 30)),
    );
  });

  it('typed on Telegram keeps its styles when it is drawn and edited again', () => {
    fc.assert(
      fc.property(marked, (typed) => {
        const sent = fromTyped(typed);
        const drawn = telegramSpans(sent.text, sent.entities);
        expect(plainText(drawn)).toBe(sent.text);
        expect(plainText(telegramSpans(fromTyped(toTyped(drawn)).text, []))).toBe(plainText(drawn));
      }),
    );
  });
});
