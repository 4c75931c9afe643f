const maxUnits = 80;
/** Of Discord's 100; its apps cut off more. */
const maxThreadUnits = 60;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Cyrillic es, which looks like c: webhook names with these words are refused. Source: API reference, "Create Webhook". */
const lookAlike: Readonly<Record<string, string>> = { c: '\u0441', C: '\u0421' };

const oneLine = (text: string): string => text.toWellFormed().replace(/\s+/g, ' ').trim();

/**
 * A label as the name of a webhook's message: 1 to 80 UTF-16 units, whole characters, none of the words that Discord refuses,
 * and nothing that reads as a mention of everybody.
 */
export function webhookName(label: string): string {
  const legal = oneLine(label)
    .replace(/discord|clyde/gi, (word) => word.replace(/c/i, (letter) => lookAlike[letter] ?? letter))
    .replace(/@(?=everyone|here)/gi, '＠')
    .replace(/`{3,}/g, (ticks) => "'".repeat(ticks.length));
  return shorten(legal) || 'Someone';
}

/** A name for a thread by the words it is about; empty for none. */
export function threadName(words: string): string {
  const line = oneLine(words);
  return line.length <= maxThreadUnits ? line : `${cut(line, maxThreadUnits - 1)}…`;
}

/** What is cut is the person's name, not the platform behind it. */
function shorten(name: string): string {
  if (name.length <= maxUnits) return name;
  const suffix = / \([^()]{1,40}\)$/.exec(name)?.[0] ?? '';
  return `${cut(name.slice(0, -suffix.length || undefined), maxUnits - suffix.length - 1)}…${suffix}`;
}

/** Whole characters that fit. */
function cut(text: string, room: number): string {
  let kept = '';
  for (const { segment } of segmenter.segment(text.slice(0, room * 2))) {
    if (kept.length + segment.length > room) break;
    kept += segment;
  }
  return kept.trimEnd();
}
