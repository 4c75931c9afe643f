import { describe, expect, it } from 'vitest';
import type { Span, SpanStyle } from '../protocol.ts';
import { discordSpans } from './discord.ts';
import { plainText } from './markup.ts';

const names: Readonly<Record<string, string>> = { '1': 'Kai', '2': 'general' };
const spans = (content: string) => discordSpans(content, (id) => names[id]);
const styled = (style: SpanStyle, ...inside: readonly Span[]) => ({ style, spans: inside });

describe('what people type on Discord', () => {
  it.each<[string, readonly Span[]]>([
    ['hello', ['hello']],
    ['a **bold** word', ['a ', styled('bold', 'bold'), ' word']],
    ['*it* and _it_', [styled('italic', 'it'), ' and ', styled('italic', 'it')]],
    ['__under__ ~~gone~~ ||shh||', [styled('underline', 'under'), ' ', styled('strike', 'gone'), ' ', styled('spoiler', 'shh')]],
    ['***both***', [styled('bold', styled('italic', 'both'))]],
    ['**out *in* out**', [styled('bold', 'out ', styled('italic', 'in'), ' out')]],
    ['`**code**` ``a`b``', [styled('code', '**code**'), ' ', styled('code', 'a`b')]],
    ['```js\nlet a = "**";\n```', [styled('block', 'let a = "**";')]],
    ['> said\nanswered', [styled('quote', 'said'), 'answered']],
    ['before\n> *said*\nafter', ['before', styled('quote', styled('italic', 'said')), 'after']],
    ['-# by the way', [styled('small', 'by the way')]],
    ['# Title', [styled('heading', 'Title')]],
    ['hi <@1> in <#2>', ['hi ', styled('mention', '@Kai'), ' in ', styled('mention', '#general')]],
    ['<@!99>', [styled('mention', '@unknown-user')]],
    ['<:party:123> <a:wave:4>', [':party: :wave:']],
  ])('%s', (content, expected) => expect(spans(content)).toEqual(expected));

  it.each<[string, string]>([
    ['\\*\\*not bold\\*\\*', '**not bold**'],
    ['2 * 3 * 4', '2 * 3 * 4'],
    ['snake_case_name', 'snake_case_name'],
    ['an * alone, ** two, ` tick, || bars', 'an * alone, ** two, ` tick, || bars'],
    ['**never closed', '**never closed'],
    ['C:\\Users and \\_', 'C:\\Users and _'],
    ['<b>no markup</b>', '<b>no markup</b>'],
    ['1 > 0\n>not a quote', '1 > 0\n>not a quote'],
  ])('%s is plain text', (content, shown) => expect(spans(content)).toEqual([shown]));

  it('keeps a mark that an escape precedes from closing', () => {
    expect(spans('**a \\** b**')).toEqual([styled('bold', 'a ** b')]);
  });

  it('links addresses, bare, in brackets and under a label', () => {
    const link = (href: string, text = href) => ({ style: 'link', spans: [text], href });
    expect(spans('see https://example.com/a_b_(c).')).toEqual(['see ', link('https://example.com/a_b_(c'), ').']);
    expect(spans('<https://example.com/>')).toEqual([link('https://example.com/')]);
    expect(spans('[here](https://example.com)')).toEqual([link('https://example.com', 'here')]);
    expect(spans('[here](javascript:alert(1))')).toEqual(['[here](javascript:alert(1))']);
  });

  it('shows a text that is too long for Discord as it is, at once', () => {
    const long = '**'.repeat(3_000);
    expect(spans(long)).toEqual([long]);
  });

  it('is quick with marks that never close', () => {
    const since = performance.now();
    for (const mark of ['**', '__', '~~', '||', '*', '_', '`', '[', '<@']) spans(`${mark}a `.repeat(900));
    expect(performance.now() - since).toBeLessThan(20_000);
  });

  it('loses no letter of what is written between the marks', () => {
    expect(plainText(spans('**Ana** said\n> *hi* ||there||\n`x` <@1>'))).toBe('Ana saidhi therex @Kai');
  });
});
