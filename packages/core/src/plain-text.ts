import { limitDepth } from './depth.ts';
import { isInvisible } from './graphemes.ts';
import { leafText, linkText } from './leaf-text.ts';
import type { Block, Body, Inline } from './rich-text.ts';

/** How one inline node reads as plain text. */
export function inlineText(inline: Inline): string {
  if (!('children' in inline)) return leafText(inline);
  const text = inline.children.map(inlineText).join('');
  return inline.type === 'link' ? linkText(inline.href, text) : text;
}

const plain = (text: string): Inline => ({ type: 'text', text });

/** What stands between two blocks: a blank line where they would read as one block without it. */
export const gapBetween = (before: Block, after: Block): '\n' | '\n\n' => (before.type === after.type ? '\n\n' : '\n');

function indentLines(inline: Inline, by: string): Inline {
  if ('children' in inline) return { ...inline, children: inline.children.map((child) => indentLines(child, by)) };
  if (inline.type !== 'text' && inline.type !== 'code') return inline;
  return inline.text.includes('\n') ? { ...inline, text: inline.text.replaceAll('\n', `\n${by}`) } : inline;
}

function indent(inlines: readonly Inline[], first: string, others: string): Inline[] {
  return [plain(first), ...inlines.map((inline) => indentLines(inline, others))];
}

/** A block as a line of inlines: markers of lists and quotes become text, styles within stay. Wants a limited depth. */
export function inlinesOfBlock(block: Block): readonly Inline[] {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return block.children;
    case 'code-block':
      return [plain(block.text)];
    case 'quote':
      return indent(inlinesOfBlocks(block.children), '> ', '> ');
    case 'list':
      return block.items.flatMap((item, index) => {
        const marker = block.ordered ? `${block.start + index}. ` : '- ';
        const lines = indent(inlinesOfBlocks(item), marker, ' '.repeat(marker.length));
        return index === 0 ? lines : [plain('\n'), ...lines];
      });
  }
}

function inlinesOfBlocks(blocks: readonly Block[]): readonly Inline[] {
  return blocks.flatMap((block, index) => {
    const before = blocks[index - 1];
    return before === undefined ? inlinesOfBlock(block) : [plain(gapBetween(before, block)), ...inlinesOfBlock(block)];
  });
}

/**
 * How a body reads without any markup: `- ` and `1. ` before list items, `> ` before quoted lines, `@label` and
 * `#label` for mentions, `:name:` for custom emoji, `text (href)` for links, ISO 8601 UTC minutes for timestamps.
 * For `content.text`, for logs, and for platforms that show plain text only. Total, at any depth.
 */
export function plainText(body: Body): string {
  return inlinesOfBlocks(limitDepth(body)).map(inlineText).join('');
}

/**
 * Plain text as a body: a paragraph for each run of text between blank lines, line breaks kept within. Nothing
 * visible gives no paragraph; otherwise `plainText(paragraphs(text))` is the text again, with `\r\n` as `\n`.
 */
export function paragraphs(text: string): Body {
  const lines = text.replaceAll('\r\n', '\n');
  if (isInvisible(lines)) return [];
  return lines.split(/\n\n(?=[^\n])(?<=[^\n]\n+)/u).map((part) => ({ type: 'paragraph', children: [plain(part)] }));
}

function hasVisibleInline(inline: Inline): boolean {
  if (inline.type === 'text' || inline.type === 'code') return !isInvisible(inline.text);
  return 'children' in inline && inline.type !== 'link' ? inline.children.some(hasVisibleInline) : !isInvisible(inlineText(inline));
}

function hasVisibleBlock(block: Block): boolean {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return block.children.some(hasVisibleInline);
    case 'code-block':
      return !isInvisible(block.text);
    case 'quote':
      return block.children.some(hasVisibleBlock);
    case 'list':
      return block.items.some((item) => item.some(hasVisibleBlock));
  }
}

/** Whether a reader would see nothing of a body: white space, zero-width characters, markers without text. */
export const isBlank = (body: Body): boolean => !limitDepth(body).some(hasVisibleBlock);
