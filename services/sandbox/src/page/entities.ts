import type { MessageView } from '../protocol.ts';
import { element } from './dom.ts';

interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
}

/** Telegram's styles that the page draws; the rest reads as plain text. */
const tags: Readonly<Record<string, 'b' | 'i' | 'u' | 's' | 'code'>> = { bold: 'b', italic: 'i', underline: 'u', strikethrough: 's', code: 'code', pre: 'code' };

/** The text with its styles; offsets are UTF-16 units, as in Telegram's entities and in JavaScript's strings. */
export function entityNodes(message: MessageView): (Node | string)[] {
  const nodes: (Node | string)[] = [];
  let at = 0;
  for (const entity of entitiesOf(message.source)) {
    const tag = tags[entity.type];
    // Nested and overlapping ones are left as text: this is a preview, not a client.
    if (tag === undefined || entity.offset < at) continue;
    nodes.push(message.text.slice(at, entity.offset), element(tag, {}, [message.text.slice(entity.offset, entity.offset + entity.length)]));
    at = entity.offset + entity.length;
  }
  nodes.push(message.text.slice(at));
  return nodes;
}

function entitiesOf(source: unknown): Entity[] {
  if (typeof source !== 'object' || source === null || !('entities' in source) || !Array.isArray(source.entities)) return [];
  return source.entities.filter(isEntity).sort((a, b) => a.offset - b.offset);
}

function isEntity(value: unknown): value is Entity {
  return typeof value === 'object' && value !== null && 'type' in value && 'offset' in value && 'length' in value && typeof value.offset === 'number' && typeof value.length === 'number';
}
