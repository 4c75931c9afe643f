import type { Block, Body, Inline, StyleName } from '@bridge/core';

/**
 * Rich messages (`rich_message`, Bot API 10) are trees of their own. They are walked as plain JSON rather than by a
 * schema, because they nest without a limit and a deep one must not exhaust the stack: what lies deeper than this
 * is left out.
 */
const maxDepth = 24;

type Json = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const string = (value: unknown): string => (typeof value === 'string' ? value : '');
const array = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const styles: ReadonlyMap<string, StyleName> = new Map([
  ['bold', 'bold'],
  ['italic', 'italic'],
  ['underline', 'underline'],
  ['strikethrough', 'strike'],
  ['spoiler', 'spoiler'],
]);

function inlines(value: unknown, depth: number): Inline[] {
  if (depth > maxDepth) return [];
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }];
  if (Array.isArray(value)) return value.flatMap((part) => inlines(part, depth + 1));
  return isRecord(value) ? typed(value, depth) : [];
}

function typed(node: Json, depth: number): Inline[] {
  const type = string(node['type']);
  const children = inlines(node['text'], depth + 1);
  const style = styles.get(type);
  if (style) return [{ type: style, children }];
  switch (type) {
    case 'code':
      return [{ type: 'code', text: words(children) }];
    case 'url':
      return string(node['url']) ? [{ type: 'link', href: string(node['url']), children }] : children;
    case 'custom_emoji':
      return [{ type: 'custom-emoji', id: string(node['custom_emoji_id']), name: string(node['alternative_text']) || 'emoji' }];
    case 'mathematical_expression':
      return [{ type: 'code', text: string(node['expression']) }];
    default:
      return children;
  }
}

const words = (nodes: readonly Inline[]): string =>
  nodes.map((node) => ('text' in node ? node.text : 'children' in node ? words(node.children) : '')).join('');

const paragraph = (children: readonly Inline[]): Block[] => (children.length === 0 ? [] : [{ type: 'paragraph', children }]);
const note = (text: string): Block => ({ type: 'paragraph', children: [{ type: 'text', text }] });

const mediaNames: ReadonlyMap<string, string> = new Map([
  ['animation', 'animation'],
  ['audio', 'audio'],
  ['photo', 'photo'],
  ['video', 'video'],
  ['voice_note', 'voice message'],
  ['map', 'map'],
]);

function blocks(value: unknown, depth: number): Block[] {
  return depth > maxDepth ? [] : array(value).flatMap((node) => (isRecord(node) ? block(node, depth) : []));
}

function block(node: Json, depth: number): Block[] {
  const type = string(node['type']);
  const text = inlines(node['text'], depth);
  const inner = blocks(node['blocks'], depth + 1);
  const media = mediaNames.get(type);
  if (media) return [note(`[${media}]`), ...captionOf(node, depth)];
  switch (type) {
    case 'heading':
    case 'section_heading':
      return [{ type: 'heading', level: levelOf(node['size']), children: text }];
    case 'pre':
    case 'preformatted':
      return [{ type: 'code-block', text: words(text), ...(string(node['language']) ? { language: string(node['language']) } : {}) }];
    case 'divider':
      return [note('———')];
    case 'mathematical_expression':
      return [{ type: 'code-block', text: string(node['expression']) }];
    case 'list':
      return [list(node, depth)];
    case 'blockquote':
    case 'block_quotation':
      return [{ type: 'quote', children: [...inner, ...paragraph(inlines(node['credit'], depth))] }];
    case 'table':
      return table(node, depth);
    case 'details':
      return [...paragraph([{ type: 'bold', children: inlines(node['summary'], depth) }]), ...inner];
    default:
      return [...paragraph(text), ...inner, ...captionOf(node, depth)];
  }
}

const captionOf = (node: Json, depth: number): Block[] =>
  isRecord(node['caption']) && 'text' in node['caption'] ? paragraph(inlines(node['caption']['text'], depth + 1)) : [];

const levelOf = (size: unknown): 1 | 2 | 3 => (size === 1 ? 1 : size === 2 ? 2 : 3);

function list(node: Json, depth: number): Block {
  const items = array(node['items']).filter(isRecord);
  const ordered = items.some((item) => /^\d/.test(string(item['label'])));
  const first = items[0]?.['value'];
  return {
    type: 'list',
    ordered,
    start: typeof first === 'number' ? first : 1,
    items: items.map((item) => blocks(item['blocks'], depth + 1)),
  };
}

function table(node: Json, depth: number): Block[] {
  const rows = array(node['cells']).map((row) => array(row).map((cell) => words(isRecord(cell) ? inlines(cell['text'], depth + 1) : [])));
  return rows.map((row) => note(row.join(' | ')));
}

/** The tree of a rich message; an empty body when it has nothing that can be told in words. Never throws. */
export const parseRichMessage = (value: unknown): Body => (isRecord(value) ? blocks(value['blocks'], 0) : []);

const mostFiles = 50;

/** The blocks that show files, in order, as they came; of the first fifty. Never throws. */
export function mediaBlocksOf(value: unknown): readonly Json[] {
  const found: Json[] = [];
  const walk = (nodes: unknown, depth: number): void => {
    for (const node of depth > maxDepth ? [] : array(nodes).filter(isRecord)) {
      if (found.length < mostFiles && fileBlocks.has(string(node['type']))) found.push(node);
      walk(node['blocks'], depth + 1);
      for (const item of array(node['items']).filter(isRecord)) walk(item['blocks'], depth + 1);
    }
  };
  walk(isRecord(value) ? value['blocks'] : undefined, 0);
  return found;
}

const fileBlocks = new Set(['animation', 'audio', 'photo', 'video', 'voice_note']);
