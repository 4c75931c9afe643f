import type { Entity } from './model.ts';

// What Telegram finds in text by itself. Simpler than the real rules, which know every top-level domain.
const patterns: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['url', /(?<![\w@])(?:https?:\/\/[^\s<>"]+|(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|me|de|fr|uk|info|example)(?:\/[^\s<>"]*)?(?![\w@]))/gi],
  ['email', /(?<![\w.+-])[\w.+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,}/gi],
  ['mention', /(?<![\w/@.])@[a-z]\w{2,31}(?!\w)/gi],
  ['hashtag', /(?<![\p{L}\p{N}_])#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*/gu],
  ['bot_command', /(?<![\w/<>])\/[a-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])/gi],
];

/** Entities that nobody wrote as such: links, e-mail addresses, mentions, hashtags and commands. */
export function detectEntities(text: string): Entity[] {
  if (!/[.@#/]/.test(text)) return [];
  const found: Entity[] = [];
  for (const [type, pattern] of patterns) {
    for (const match of text.matchAll(pattern)) {
      const length = match[0].replace(/[.,:;!?'")\]]+$/, '').length;
      const free = !found.some((other) => match.index < other.offset + other.length && other.offset < match.index + length);
      if (free) found.push({ type, offset: match.index, length });
    }
  }
  return found.sort((a, b) => a.offset - b.offset);
}
