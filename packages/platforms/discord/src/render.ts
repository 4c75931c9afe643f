import type { Block, Body, Inline } from '@bridge/core';
import { renderInline } from './render-inline.ts';

/**
 * A body as Discord Markdown. Whatever is not markup of the tree is escaped, so that nobody on another platform can write a
 * mention, a masked link or a heading by typing its characters.
 */
export const renderBody = (body: Body): string => renderBlocks(body).join('\n');

const maxDepth = 10;

function renderBlocks(blocks: readonly Block[], depth = 0, inList = false): string[] {
  const sources: string[] = [];
  let before: Block | undefined;
  for (const block of blocks) {
    const rendered = renderBlock(block, depth);
    // Of a list's indented lines the indent is no text.
    const source = inList && block.type === 'paragraph' ? rendered.replace(/^[ \t]+/gm, '') : rendered;
    if (source === '') continue;
    sources.push(...(isApart(before, block, source) ? ['', source] : [source]));
    before = block;
  }
  return sources;
}

/** Whether the two would read as one without a line between: of one kind, or an indented line below a list. */
const isApart = (before: Block | undefined, block: Block, source: string): boolean =>
  before?.type === block.type
    ? block.type !== 'heading' && block.type !== 'code-block'
    : before?.type === 'list' && source.startsWith('  ');

function renderBlock(block: Block, depth: number): string {
  switch (block.type) {
    case 'paragraph':
      return trimBlankLines(renderInline(block.children));
    case 'heading': {
      const title = oneLine(renderInline(block.children));
      return title === '' ? '' : `${'#'.repeat(block.level)} ${title}`;
    }
    case 'quote':
      return renderQuote(renderBlocks(block.children.flatMap(unquote), depth + 1).join('\n'));
    case 'code-block':
      return codeBlock(block.text, block.language);
    case 'list':
      return renderList(block, depth);
    default: {
      const never: never = block;
      return never;
    }
  }
}

/** A quote of nothing would be read as its marks. */
const renderQuote = (inner: string): string => (inner === '' ? '' : `> ${inner.replaceAll('\n', '\n> ')}`);

const oneLine = (source: string): string =>
  source
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();

const trimBlankLines = (source: string): string => source.replace(/^(?:[ \t]*\n)+/, '').trimEnd();

/** Discord knows no quote within a quote. */
const unquote = (block: Block): readonly Block[] => (block.type === 'quote' ? block.children.flatMap(unquote) : [block]);

function codeBlock(text: string, language: string | undefined): string {
  // Three backticks end the block wherever they stand; a zero-width space keeps them apart and readable.
  const safe = text.replace(/`(?=``)/g, '`\u200b');
  if (safe.trim() === '') return '';
  return `\`\`\`${language !== undefined && /^[\w+\-.#]{1,40}$/.test(language) ? language : ''}\n${safe}\n\`\`\``;
}

/** A code block within a list does not end where it should, so its lines are code each. */
function flatCode(block: Block): Block {
  if (block.type === 'quote') return { ...block, children: block.children.map(flatCode) };
  if (block.type !== 'code-block') return block;
  const lines = block.text.split('\n').flatMap((text): Inline[] => [
    { type: 'text', text: '\n' },
    { type: 'code', text },
  ]);
  return { type: 'paragraph', children: lines.slice(1) };
}

function renderList(list: Extract<Block, { readonly type: 'list' }>, depth: number): string {
  const indent = depth < maxDepth ? '  ' : '';
  return list.items
    .map((item, index) => {
      const mark = list.ordered ? `${list.start + index}. ` : '- ';
      const text = renderBlocks(item.map(flatCode), depth + 1, true)
        .join('\n')
        .trimStart();
      return text === '' ? '' : mark + text.replaceAll('\n', `\n${indent}`);
    })
    .filter((item) => item !== '')
    .join('\n');
}
