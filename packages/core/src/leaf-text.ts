import type { Inline } from './rich-text.ts';

/** An inline node without children. */
export type Leaf = Exclude<Inline, { readonly children: unknown }>;

function timestampText(unix: number): string {
  const date = new Date(unix * 1000);
  return Number.isNaN(date.getTime()) ? String(unix) : date.toISOString().replace(/:\d\d\.\d{3}Z$/, 'Z');
}

// A line break in a label or address would end the quote or list item that it stands in.
const onOneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ');

/** How a leaf reads as plain text. */
export function leafText(leaf: Leaf): string {
  switch (leaf.type) {
    case 'text':
    case 'code':
      return leaf.text;
    case 'mention':
      return `${leaf.kind === 'channel' ? '#' : '@'}${onOneLine(leaf.label === '' ? leaf.id : leaf.label)}`;
    case 'custom-emoji':
      return `:${onOneLine(leaf.name)}:`;
    case 'timestamp':
      return timestampText(leaf.unix);
  }
}

/** How a link reads as plain text, from the text that it is laid over. */
export function linkText(href: string, text: string): string {
  const address = onOneLine(href);
  if (text === '' || text === href) return address;
  return address === '' ? text : `${text} (${address})`;
}
