const maxUnits = 80;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Cyrillic es, which looks like c: webhook names with these words are refused. Source: API reference, "Create Webhook". */
const lookAlike: Readonly<Record<string, string>> = { c: '\u0441', C: '\u0421' };

/** A label as the name of a webhook's message: 1 to 80 UTF-16 units, whole characters, none of the words Discord refuses. */
export function webhookName(label: string): string {
  const line = label.toWellFormed().replace(/\s+/g, ' ').trim();
  const legal = line
    .replace(/discord|clyde/gi, (word) => word.replace(/c/i, (letter) => lookAlike[letter] ?? letter))
    .replace(/`{3,}/g, (ticks) => "'".repeat(ticks.length));
  return shorten(legal) || 'Someone';
}

/** What is cut is the person's name, not the platform behind it. */
function shorten(name: string): string {
  if (name.length <= maxUnits) return name;
  const suffix = / \([^()]{1,40}\)$/.exec(name)?.[0] ?? '';
  const room = maxUnits - suffix.length - 1;
  let cut = '';
  for (const { segment } of segmenter.segment(name.slice(0, -suffix.length || undefined).slice(0, maxUnits * 2))) {
    if (cut.length + segment.length > room) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…${suffix}`;
}
