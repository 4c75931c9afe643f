import { readFileSync } from 'node:fs';
import { type PlatformName, platformNames } from '../support/world.ts';

/** One cell of docs/platforms.md. */
export interface Cell {
  /** Heading of its first column, with the title above where two tables have the same. */
  readonly table: string;
  readonly row: string;
  readonly platform: PlatformName;
  readonly says: string;
}

const document = new URL('../../docs/platforms.md', import.meta.url);

/** Every cell of the matrix as it is published; that it is what the capabilities say is checked where it is generated. */
export function cells(): readonly Cell[] {
  const found: Cell[] = [];
  let title = '';
  let head: readonly string[] = [];
  for (const line of readFileSync(document, 'utf8').split('\n')) {
    if (line.startsWith('## ')) title = line.slice(3);
    const columns = line.startsWith('|')
      ? line
          .split('|')
          .slice(1, -1)
          .map((one) => one.trim())
      : [];
    const [first = '', ...values] = columns;
    if (columns.length === 0) head = [];
    else if (head.length === 0) head = columns;
    else if (!/^:?-+:?$/.test(first))
      for (const [index, says] of values.entries())
        found.push({ table: title === '' ? (head[0] ?? '') : title, row: first, platform: platformOf(head[index + 1]), says });
  }
  return found;
}

function platformOf(name = ''): PlatformName {
  const known = platformNames.find((one) => one === name.toLowerCase());
  if (known === undefined) throw new Error(`docs/platforms.md has a column “${name}”, and there is no simulator of that to prove it with`);
  return known;
}
