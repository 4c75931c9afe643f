import type { z } from 'zod';
import { leafText } from './leaf-text.ts';
import type { Block, Body, Inline } from './rich-text.ts';

/** Levels of nesting that a body keeps. People use a handful; more is an attack on the stack of whoever walks the tree. */
export const maxBodyDepth = 100;
/** A list costs three levels of JSON per level of nesting, so every body within `maxBodyDepth` fits. */
const maxBodyJsonDepth = 3 * maxBodyDepth + 10;
/** Deeper JSON would overflow the stack in JSON.stringify; no platform sends a tenth of it. */
const maxJsonDepth = 400;

type Node = Block | Inline;

function childrenOf(node: Node): readonly Node[] {
  if (node.type === 'list') return node.items.flat();
  return 'children' in node ? node.children : [];
}

/** Walks with a list of its own and not the call stack, so that no depth can overflow it. */
function isDeeperThan(body: Body, max: number): boolean {
  const open = body.map((node: Node) => ({ node, depth: 1 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.depth > max) return true;
    for (const child of childrenOf(next.node)) open.push({ node: child, depth: next.depth + 1 });
  }
  return false;
}

const isLeafBlock = (node: Node): boolean => node.type === 'paragraph' || node.type === 'heading' || node.type === 'code-block';

function ownText(node: Node): string {
  if (node.type === 'code-block') return node.text;
  return 'children' in node || node.type === 'list' ? '' : leafText(node);
}

/** All text below some nodes, in order, with a line break after each block that holds text. */
function textBelow(nodes: readonly Node[]): string {
  const open: (Node | string)[] = nodes.toReversed();
  const found: string[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') {
      found.push(next);
      continue;
    }
    found.push(ownText(next));
    if (isLeafBlock(next)) open.push('\n');
    if (next.type === 'link') open.push(` (${next.href})`);
    for (const child of childrenOf(next).toReversed()) open.push(child);
  }
  return found.join('').trimEnd();
}

function limitInline(node: Inline, depth: number): Inline {
  if (!('children' in node)) return node;
  if (depth <= 1) return { type: 'text', text: textBelow([node]) };
  return { ...node, children: node.children.map((child) => limitInline(child, depth - 1)) };
}

function limitBlock(block: Block, depth: number): Block {
  if (depth <= 2) return { type: 'paragraph', children: [{ type: 'text', text: textBelow([block]) }] };
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return { ...block, children: block.children.map((child) => limitInline(child, depth - 1)) };
    case 'quote':
      return { ...block, children: block.children.map((child) => limitBlock(child, depth - 1)) };
    case 'list':
      return { ...block, items: block.items.map((item) => item.map((child) => limitBlock(child, depth - 1))) };
    case 'code-block':
      return block;
  }
}

/**
 * A body that nests at most `max` levels: what lies deeper becomes plain text, none is lost. The same body when it
 * is within the limit. Platforms that parse nested notation apply it before they hand a body on; all functions here
 * that walk a body apply it themselves.
 */
export function limitDepth(body: Body, max: number = maxBodyDepth): Body {
  const depth = Math.max(2, max);
  return isDeeperThan(body, depth) ? body.map((block) => limitBlock(block, depth)) : body;
}

const isPlainObject = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};

function isScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

function isJsonWithin(value: unknown, max: number): boolean {
  const open = [{ value, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isScalar(next.value)) continue;
    if (typeof next.value !== 'object' || next.value === null || next.depth > max) return false;
    if (!Array.isArray(next.value) && !isPlainObject(next.value)) return false;
    for (const child of Object.values(next.value)) open.push({ value: child, depth: next.depth + 1 });
  }
  return true;
}

/** Whether a value survives JSON.stringify and JSON.parse unchanged, at a depth that cannot overflow the stack. */
export const isJson = (value: unknown): value is z.core.util.JSONType => isJsonWithin(value, maxJsonDepth);

/** Whether a value is JSON that is shallow enough to be walked as a body; says nothing about its shape. */
export const isShallowJson = (value: unknown): boolean => isJsonWithin(value, maxBodyJsonDepth);
