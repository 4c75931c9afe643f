/**
 * Edits between two words, a swap of neighbours counting as one (Damerau-Levenshtein, optimal string alignment).
 * Words of settings are short, so the plain table is fast enough.
 */
export function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) rows.push(nextRow(a, b, rows));
  return rows.at(-1)?.at(-1) ?? 0;
}

function nextRow(a: string, b: string, rows: readonly (readonly number[])[]): number[] {
  const i = rows.length;
  const above = rows[i - 1] ?? [];
  const row = [i];
  for (let j = 1; j <= b.length; j += 1) {
    const same = a[i - 1] === b[j - 1] ? 0 : 1;
    const plain = Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + same);
    const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
    row.push(swapped ? Math.min(plain, at(rows[i - 2] ?? [], j - 2) + 1) : plain);
  }
  return row;
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;

/**
 * The word nearest to what was typed; undefined only when there are no words. The first of equals wins. A name of which
 * only a part was left out, as in TELEGRAM_TOKEN, is nearer than any other.
 */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const cut = typed.slice(0, 100);
  const parts = cut.toLowerCase().split('_');
  const longer = parts.length > 1 ? words.filter((word) => hasAll(word.toLowerCase().split('_'), parts)) : [];
  let best: { word: string; edits: number } | undefined;
  for (const word of longer.length > 0 ? longer : words) {
    const edits = distance(cut.toLowerCase(), word.toLowerCase());
    if (best === undefined || edits < best.edits) best = { word, edits };
  }
  return best?.word;
}

const hasAll = (whole: readonly string[], parts: readonly string[]): boolean => parts.every((part) => whole.includes(part));

/** The nearest word where it is near enough to be what was meant; a far-off suggestion would only mislead. */
export function meant(typed: string, words: readonly string[]): string | undefined {
  const word = nearest(typed, words);
  if (word === undefined) return undefined;
  const allowed = Math.max(1, Math.floor(word.length / 3));
  return distance(typed.slice(0, 100).toLowerCase(), word.toLowerCase()) <= allowed ? word : undefined;
}
