import { badRequest } from './api-error.ts';
import { detectEntities } from './detect.ts';
import type { Entity, FormattedText } from './model.ts';

/** Longest text of a message, in UTF-16 code units after entities are parsed. */
const maxTextLength = 4096;
/** Longest caption beside a file. */
const maxCaptionLength = 1024;
/** Entities beyond this many are ignored by Telegram. */
const maxEntities = 100;
const maxBytes = 1 << 15;

// Control characters become spaces, carriage returns vanish, and so do characters that break lines or turn text around.
const unclean = /[\0-\x08\x09\x0b-\x1f\u2028-\u202e]|\u0333|\u033f|\u030a/;

/**
 * What the server makes of text and entities: bounds checked, control characters replaced, white space trimmed at both
 * ends with the entities moved along, links and mentions found.
 * @throws {ApiError} 400, worded as the official server does.
 */
export function formatText(text: string, given: readonly Entity[] = []): FormattedText {
  const formatted = format(text, given);
  if (formatted.text === '') throw badRequest('Text must be non-empty');
  if (formatted.text.length > maxTextLength) throw badRequest('Message is too long');
  return formatted;
}

/** The same for what stands beside a file, which may be nothing. @throws {ApiError} 400 */
export function formatCaption(text: string, given: readonly Entity[] = []): FormattedText {
  if (text === '') return { text, entities: [] };
  const formatted = format(text, given);
  if (formatted.text.length > maxCaptionLength) throw badRequest('Message caption is too long');
  return formatted;
}

function format(text: string, given: readonly Entity[]): FormattedText {
  if (Buffer.byteLength(text) > maxBytes) throw badRequest('Text is too long');
  const checked = checkEntities(text, given);
  const cleaned = unclean.test(text) ? clean(text, checked) : { text, entities: checked };
  const trimmed = trim(cleaned);
  const own = normalise(trimmed.entities).slice(0, maxEntities);
  const found = detectEntities(trimmed.text).filter((entity) => !own.some((other) => overlap(entity, other) && excludes(other)));
  return { text: trimmed.text, entities: found.length === 0 ? own : [...own, ...found].sort(byPlace) };
}

function checkEntities(text: string, given: readonly Entity[]): Entity[] {
  for (const { offset, length } of given) {
    if (offset < 0 || offset > 1_000_000) throw badRequest(`Receive an entity with incorrect offset ${offset}`);
    if (length < 0 || length > 1_000_000) throw badRequest(`Receive an entity with incorrect length ${length}`);
  }
  const entities = given.filter((entity) => entity.length > 0).sort(byPlace);
  for (const { offset, length } of entities) {
    const end = offset + length;
    if (splitsSymbol(text, offset))
      throw badRequest(`Entity begins in a middle of a UTF-16 symbol at byte offset ${bytesBefore(text, offset)}`);
    if (offset >= text.length) throw badRequest(`Entity begins after the end of the text at UTF-16 offset ${offset}`);
    const where = `Entity beginning at UTF-16 offset ${offset}`;
    if (splitsSymbol(text, end)) throw badRequest(`${where} ends in a middle of a UTF-16 symbol at byte offset ${bytesBefore(text, end)}`);
    if (end > text.length) throw badRequest(`${where} ends after the end of the text at UTF-16 offset ${end}`);
  }
  return entities;
}

const splitsSymbol = (text: string, at: number): boolean =>
  /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));
const bytesBefore = (text: string, at: number): number => Buffer.byteLength(text.slice(0, at + 1));

function clean(text: string, entities: readonly Entity[]): { text: string; entities: Entity[] } {
  let result = '';
  const moved: number[] = [];
  for (const char of text.split('')) {
    moved.push(result.length);
    if (!unclean.test(char)) result += char;
    else if (char !== '\r' && char < ' ') result += ' ';
  }
  moved.push(result.length);
  return {
    text: result,
    entities: entities.map((entity) => place(entity, moved[entity.offset] ?? 0, moved[entity.offset + entity.length] ?? 0)),
  };
}

function trim({ text, entities }: { readonly text: string; readonly entities: readonly Entity[] }): { text: string; entities: Entity[] } {
  const end = text.search(/[ \n]*$/);
  const firstEntity = Math.min(...entities.map((entity) => entity.offset), end);
  const start = Math.min(text.search(/[^ \n]|$/), firstEntity);
  const inside = entities.map((entity) => place(entity, entity.offset - start, Math.min(entity.offset + entity.length, end) - start));
  const trimmed = text.slice(start, end);
  return { text: /[^ \n]/.test(trimmed) ? trimmed : '', entities: inside.filter((entity) => entity.length > 0) };
}

const place = (entity: Entity, start: number, end: number): Entity => ({ ...entity, offset: start, length: end - start });

const mergeable = new Set(['bold', 'italic', 'underline', 'strikethrough', 'spoiler']);

/** Sorted; touching or overlapping styles of a kind are one; nothing is inside code. */
function normalise(entities: readonly Entity[]): Entity[] {
  const result: Entity[] = [];
  for (const entity of [...entities].sort(byPlace)) {
    const same = result.findLast((other) => other.type === entity.type);
    if (same && mergeable.has(entity.type) && same.offset + same.length >= entity.offset) {
      result[result.indexOf(same)] = place(same, same.offset, Math.max(same.offset + same.length, entity.offset + entity.length));
    } else if (!result.some((other) => isCode(other) && overlap(other, entity))) result.push(entity);
  }
  return result;
}

const isCode = (entity: Entity): boolean => entity.type === 'code' || entity.type === 'pre';
const excludes = (entity: Entity): boolean => isCode(entity) || entity.type === 'text_link' || entity.type === 'text_mention';
const overlap = (a: Entity, b: Entity): boolean => a.offset < b.offset + b.length && b.offset < a.offset + a.length;
const byPlace = (a: Entity, b: Entity): number => a.offset - b.offset || b.length - a.length;
