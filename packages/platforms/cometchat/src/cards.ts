/** Cards, forms and other structured messages as words: what is written on them, and where their links lead. */
type Data = Readonly<Record<string, unknown>>;

const mostLines = 40;
const longestLine = 500;
/** Fields that hold what people read, in the order in which it is shown. */
const shown = ['title', 'heading', 'text', 'description', 'subtitle', 'label', 'buttonText', 'caption', 'question', 'goalCompletionText'];
/** Fields that hold further parts. */
const nested = ['elements', 'formFields', 'cardActions', 'submitElement', 'options', 'body', 'content', 'sections', 'buttons', 'items'];
const isData = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value);

function partsOf(value: unknown): readonly Data[] {
  if (Array.isArray(value)) return value.filter(isData);
  return isData(value) ? [value] : [];
}

function linkIn(part: Data): string {
  const url = part['url'] ?? (isData(part['action']) ? part['action']['url'] : undefined);
  return typeof url === 'string' && /^https?:\/\//.test(url) ? url.slice(0, longestLine) : '';
}

/** The words of one part, and then of those inside it. */
function* linesIn(part: Data, depth: number): Generator<string> {
  const words = shown.flatMap((name) => {
    const value = part[name];
    return typeof value === 'string' && value.trim() !== '' ? [value.trim().slice(0, longestLine)] : [];
  });
  const link = linkIn(part);
  const [first, ...others] = words;
  if (first !== undefined) yield link === '' ? first : `${first}: ${link}`;
  else if (link !== '') yield link;
  yield* others;
  if (depth > 6) return;
  for (const name of nested) for (const inside of partsOf(part[name])) yield* linesIn(inside, depth + 1);
}

/** Undefined where there is nothing to read in it. */
export function cardWords(...data: readonly (Data | undefined)[]): string | undefined {
  const lines = new Set<string>();
  for (const part of data) {
    if (part === undefined) continue;
    for (const line of linesIn(part, 0)) {
      if (lines.size >= mostLines) break;
      lines.add(line);
    }
  }
  return lines.size === 0 ? undefined : [...lines].join('\n');
}
