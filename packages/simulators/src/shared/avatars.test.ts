import { describe, expect, it } from 'vitest';
import { avatarSvg, avatarUrl, initials } from './avatars.ts';

describe('avatars', () => {
  it.each([
    ['Ana', 'A'],
    ['ana maria lopez', 'AL'],
    ['Łukasz Żak', 'ŁŻ'],
    ['李 小龙', '李小'],
    ['  !!  ', '?'],
    ['😀 Kai', 'K'],
  ])('makes initials of %s', (name, expected) => {
    expect(initials(name)).toBe(expected);
  });

  it('colours by id alone, so a new name keeps the colour', () => {
    const hue = (svg: string) => /hsl\((\d+)/.exec(svg)?.[1];
    expect(hue(avatarSvg({ id: '1', name: 'Ana' }))).toBe(hue(avatarSvg({ id: '1', name: 'Bo' })));
    expect(hue(avatarSvg({ id: '1', name: 'Ana' }))).not.toBe(hue(avatarSvg({ id: '2', name: 'Ana' })));
  });

  it('escapes what a name and an id may hold', () => {
    expect(avatarSvg({ id: 'x', name: '𠮷' })).toContain('>𠮷<');
    expect(avatarUrl('http://h', 'a/b ?')).toBe('http://h/avatars/a%2Fb%20%3F.svg');
  });
});
