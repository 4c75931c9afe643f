import { describe, expect, it } from 'vitest';
import { codePoints, Form } from './form.ts';
import { findMentions } from './mentions.ts';
import { createNonces } from './nonces.ts';
import { bitsOf } from './permissions.ts';
import { plainText } from './plain-text.ts';
import { badIds, createRouter, ok, type Route } from './route.ts';
import { createSnowflakes, isSnowflake, timeOf } from './snowflake.ts';

describe('plain text', () => {
  const names = { user: (id: string) => (id === '1' ? 'Kai' : undefined), channel: (id: string) => (id === '2' ? 'general' : undefined) };
  it.each([
    ['**b** *i* _i_ __u__ ~~s~~ ||x||', 'b i i u s x'],
    ['***both*** and **_nested_**', 'both and nested'],
    ['2 * 3 * 4 and snake_case_name', '2 * 3 * 4 and snake_case_name'],
    ['\\*not\\* \\_this\\_', '*not* _this_'],
    ['`**code**` and ``a`b``', '**code** and a`b'],
    ['```ts\nconst a = *b*;\n```', 'const a = *b*;'],
    ['> quote\n# head\n-# small', 'quote\nhead\nsmall'],
    ['[label](https://x.org/a_b_c) <https://x.org/_y_>', 'label https://x.org/_y_'],
    ['<@1> <@!1> <@9> <#2> <:blob:5> <a:wave:6>', '@Kai @Kai @<@9> #general :blob: :wave:'],
    ['plain', 'plain'],
    ['what nobody sees \u2060\u2061\u2064', 'what nobody sees'],
    ['\u{e000}7\u{e001}', ''],
  ])('of %j is %j', (source, text) => {
    expect(plainText(source, names)).toBe(text);
  });

  it('takes its time on nothing', () => {
    const begun = performance.now();
    for (const piece of ['*', '_', '`', '||', '[a](', '\\', '**a', '> ']) plainText(piece.repeat(2000 / piece.length), names);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});

describe('mentions', () => {
  const rule = { parse: ['users', 'roles', 'everyone'] as const, users: [], roles: [], repliedUser: true };
  const known = (id: string): boolean => id === '1' || id === '2';
  it('finds members once, roles, and everyone', () => {
    expect(findMentions('<@1> <@!1> <@2> <@3> <@&4> @here', { rule, known })).toEqual({ users: ['1', '2'], roles: ['4'], everyone: true });
    expect(findMentions('mail@everyone.org @everyoneelse', { rule, known }).everyone).toBe(true);
    expect(findMentions('@everyoneelse', { rule, known }).everyone).toBe(false);
  });
  it('adds the author replied to, unless the rule says no', () => {
    expect(findMentions('', { rule, known, repliedTo: '2' }).users).toEqual(['2']);
    expect(findMentions('', { rule: { ...rule, repliedUser: false }, known, repliedTo: '2' }).users).toEqual([]);
  });
});

describe('snowflakes', () => {
  it('grow, also within a millisecond and when the clock steps back', () => {
    const clock = { now: Date.UTC(2026, 0, 1) };
    const next = createSnowflakes(() => clock.now);
    const made = Array.from({ length: 5000 }, (_, n) => {
      if (n === 2500) clock.now -= 10_000;
      return next();
    });
    expect(made.every((id, index) => index === 0 || id > (made[index - 1] ?? 0n))).toBe(true);
    expect(timeOf(String(made[0]))).toBe(Date.UTC(2026, 0, 1));
  });
  it.each([
    ['0', true],
    ['18446744073709551615', true],
    ['18446744073709551616', false],
    ['', false],
    ['-1', false],
    ['1e3', false],
    ['１', false],
  ])('%j: %j', (text, is) => {
    expect(isSnowflake(text)).toBe(is);
  });
});

describe('nonces', () => {
  it('are forgotten after their time, each for itself and by author', () => {
    const clock = { now: 0 };
    const nonces = createNonces({ memoryMs: 100, now: () => clock.now });
    nonces.remember('bot', 'a', 'm1');
    clock.now = 60;
    nonces.remember('bot', 7, 'm2');
    expect([nonces.find('bot', 'a'), nonces.find('bot', '7'), nonces.find('other', 'a')]).toEqual(['m1', 'm2', undefined]);
    clock.now = 100;
    expect([nonces.find('bot', 'a'), nonces.find('bot', 7)]).toEqual([undefined, 'm2']);
    nonces.remember('bot', 7, 'm3');
    clock.now = 170;
    expect(nonces.find('bot', 7)).toBe('m3');
  });
});

describe('form', () => {
  it('reads booleans as query strings have them', () => {
    const form = new Form({ a: 'true', b: '0', c: 'False', d: true, e: null });
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => form.boolean(name))).toEqual([true, false, false, true, undefined, undefined]);
    expect(() => form.done()).not.toThrow();
  });
  it.each([
    ['😀', 1],
    ['a😀b', 3],
    ['\ud83d', 1],
    ['\ud83dx', 2],
    ['', 0],
    ['👨‍👩‍👧', 5],
  ])('counts %j as %d', (text, length) => {
    expect(codePoints(text)).toBe(length);
  });
});

describe('routes', () => {
  const route = (method: Route['method'], path: string): Route => ({ method, path, run: () => ok(path) });
  const find = createRouter([route('GET', '/users/@me'), route('GET', '/users/:user_id'), route('PUT', '/users/:user_id/x')]);
  it('prefers what comes first, and knows a path from a method', () => {
    expect(find('GET', '/users/@me')).toMatchObject({ params: {} });
    expect(find('GET', '/users/5')).toMatchObject({ params: { user_id: '5' } });
    expect(find('GET', '/users/5/x')).toBe('methodNotAllowed');
    expect(find('GET', '/users')).toBe('unknown');
    expect(find('GET', '/users/5/')).toBe('unknown');
    expect(badIds({ user_id: 'x', token: 'x' })).toEqual([{ name: 'user_id', value: 'x' }]);
  });
});

it('adds permissions up as Discord writes them', () => {
  expect(bitsOf(['VIEW_CHANNEL', 'SEND_MESSAGES_IN_THREADS'])).toBe('274877907968');
});
