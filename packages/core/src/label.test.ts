import { authorArbitrary } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authorLabel } from './label.ts';

const label = (displayName: string, name = ''): string => authorLabel({ author: { name, displayName }, platform: 'CometChat' });

test.each([
  ['a name', 'Ana', 'Ana (CometChat)'],
  ['white space around and inside', '  Ana \n\t Li ', 'Ana Li (CometChat)'],
  ['zero-width characters', 'A\u200bn\u2060a\ufeff', 'Ana (CometChat)'],
  ['a direction override', '\u202Eana\u2066', 'ana (CometChat)'],
  ['control characters', 'A\u0000n\u001b[31ma', 'An[31ma (CometChat)'],
  ['a lone surrogate', 'A\ud800na', 'Ana (CometChat)'],
  ['line and paragraph separators', 'A\u2028B\u2029C\u0085D', 'A B C D (CometChat)'],
  ['nothing', '', 'Someone (CometChat)'],
  ['nothing to be seen', '\u200b \u3164\u2800', 'Someone (CometChat)'],
  ['an imitation of another platform', 'Ana (Discord)', 'Ana (Discord) (CometChat)'],
  ['an emoji', 'Ana ❤️', 'Ana ❤️ (CometChat)'],
])('%s', (_name, displayName, expected) => {
  expect(label(displayName)).toBe(expected);
});

test('the handle serves where there is no display name', () => {
  expect(label(' ', 'ana_li')).toBe('ana_li (CometChat)');
});

test('a name is cut to 64 characters as people see them, the platform stays', () => {
  expect(label('e\u0301'.repeat(65))).toBe(`${'e\u0301'.repeat(64)} (CometChat)`);
  expect(label('x'.repeat(1_000_000))).toBe(`${'x'.repeat(64)} (CometChat)`);
});

test('accents piled on one letter do not make a label of a megabyte', () => {
  expect(label(`x${'\u0301'.repeat(1_000_000)}`).length).toBeLessThan(1100);
});

test('whatever the name: one visible line that ends in the true platform, the same when cleaned again', () => {
  fc.assert(
    fc.property(authorArbitrary, fc.constantFrom('CometChat', 'Discord', 'Telegram'), (author, origin) => {
      const result = authorLabel({ author, platform: origin });
      expect(result).toMatch(/^\S(.*\S)? \((CometChat|Discord|Telegram)\)$/u);
      expect(result.endsWith(` (${origin})`)).toBe(true);
      expect(result).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      const name = result.slice(0, -` (${origin})`.length);
      expect(authorLabel({ author: { name: '', displayName: name }, platform: origin })).toBe(result);
      expect([...new Intl.Segmenter().segment(name)].length).toBeLessThanOrEqual(64);
    }),
  );
});

test.each([
  ['{name}', 'Ana'],
  ['{platform}: {name} @{username}', 'CometChat: Ana @ana_s'],
  ['[{bridge}] {name}', '[town] Ana'],
  ['{name} {unknown}', 'Ana {unknown}'],
])('a bridge may name people by a template: %s', (template, expected) => {
  expect(authorLabel({ author: { name: 'ana_s', displayName: 'Ana' }, platform: 'CometChat', bridge: 'town' }, template)).toBe(expected);
});

test.each([
  ['Ana (Discord)', 'Ana (Discord) (CometChat)'],
  ['Ana [TELEGRAM]', 'Ana [TELEGRAM] (CometChat)'],
  ['Ana ｜ Ｄｉｓｃｏｒｄ', 'Ana ｜ Ｄｉｓｃｏｒｄ (CometChat)'],
  ['@everyone', '@everyone (CometChat)'],
  ['Here', 'Here (CometChat)'],
  ['bridge', 'bridge (CometChat)'],
  ['app_system', 'app_system (CometChat)'],
  ['Ana (she/her)', 'Ana (she/her)'],
  ['Discord fan', 'Discord fan'],
  ['Bridget', 'Bridget'],
])('where the template leaves the platform out, a name cannot imitate: %s', (displayName, expected) => {
  const platforms = ['CometChat', 'Discord', 'Telegram'];
  expect(authorLabel({ author: { name: 'ana_s', displayName }, platform: 'CometChat', platforms }, '{name}')).toBe(expected);
});

test('what is filled in is not a template itself', () => {
  expect(authorLabel({ author: { name: 'x', displayName: '{platform}{bridge}' }, platform: 'Discord', bridge: 'b' }, '{name}')).toBe(
    '{platform}{bridge}',
  );
});
