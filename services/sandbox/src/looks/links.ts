import type { Span } from '../protocol.ts';
import { type MarkupRule, parseMarkup } from './markup.ts';

/** Addresses in running text; a full stop or bracket at the end is not part of them. */
export const addressRule: MarkupRule = {
  pattern: /(?<![\w/])https?:\/\/[^\s<>"]*[^\s<>"'.,:;!?)\]}*_~|]/gy,
  make: ([address]) => ({ style: 'link', spans: [address], href: address }),
};

/** Plain text with its addresses as links, as CometChat's apps show it. */
export function linkSpans(text: string): readonly Span[] {
  return parseMarkup(text, [addressRule]);
}
