import { badRequest } from './api-error.ts';
import { parseHtml } from './parse-html.ts';
import { parseMarkdown } from './parse-markdown.ts';
import type { Entity, FormattedText } from './model.ts';
import { isObject, json, type JsonObject, type Params } from './params.ts';
import { formatCaption, formatText } from './text.ts';
import { normalUrl } from './url.ts';

const plain = new Set(['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'code', 'blockquote', 'expandable_blockquote']);
// Found by the server itself, so that naming them changes nothing.
const automatic = new Set(['mention', 'hashtag', 'cashtag', 'bot_command', 'url', 'email', 'phone_number', 'bank_card_number']);

/** The text of a call, with `parse_mode` applied, or else `entities` read and checked. */
export function readText(params: Params): FormattedText {
  const text = params.get('text') ?? '';
  if (text === '') throw badRequest('Message text is empty');
  const parsed = marked(text, params, 'entities');
  return formatText(parsed.text, parsed.entities);
}

/** The same of a file's caption, which may be absent. */
export function readCaption(params: Params): FormattedText {
  const parsed = marked(params.get('caption') ?? '', params, 'caption_entities');
  return formatCaption(parsed.text, parsed.entities);
}

function marked(text: string, params: Params, field: string): FormattedText {
  const mode = (params.get('parse_mode') ?? '').toLowerCase();
  if (mode === '' || mode === 'none') return { text, entities: readEntities(json(params, field)) };
  if (mode !== 'html' && mode !== 'markdown' && mode !== 'markdownv2') throw badRequest('Unsupported parse_mode');
  return mode === 'html' ? parseHtml(text) : parseMarkdown(text, mode === 'markdownv2' ? 2 : 1);
}

/** Entities as they came; what is no array counts as none. */
function readEntities(value: unknown): Entity[] {
  if (!Array.isArray(value)) return [];
  return value.map(readEntity).filter((entity) => entity !== undefined);
}

const invalid = (why: string): Error => badRequest(`Can't parse MessageEntity: ${why}`);

function readEntity(value: unknown): Entity | undefined {
  if (!isObject(value)) throw invalid('expected an Object');
  const place = { offset: requiredInteger(value, 'offset'), length: requiredInteger(value, 'length') };
  const type = value['type'];
  if (typeof type !== 'string') throw invalid(`Can't find field "type"`);
  if (plain.has(type)) return { type, ...place };
  if (automatic.has(type)) return undefined;
  switch (type) {
    case 'pre':
      return {
        type,
        ...place,
        ...(typeof value['language'] === 'string' && value['language'] !== '' ? { language: value['language'] } : {}),
      };
    case 'text_link':
      return { type, ...place, url: checkedUrl(value['url']) };
    case 'text_mention':
      if (!isObject(value['user'])) throw invalid(`Can't find field "user"`);
      return { type, ...place, user: value['user'] };
    case 'custom_emoji':
      return { type, ...place, custom_emoji_id: String(requiredInteger(value, 'custom_emoji_id')) };
    case 'date_time':
      return { type, ...place, unix_time: requiredInteger(value, 'unix_time'), ...dateFormat(value['date_time_format']) };
    default:
      throw invalid('Unsupported type specified');
  }
}

function requiredInteger(object: JsonObject, name: string): number {
  const value = object[name];
  if (value === undefined || value === null) throw invalid(`Can't find field "${name}"`);
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw invalid(`Field "${name}" must be a Number`);
  return number;
}

function checkedUrl(value: unknown): string {
  if (typeof value !== 'string') throw invalid(`Can't find field "url"`);
  const url = normalUrl(value);
  if (url === undefined) throw badRequest(`Entity URL '${value}' is invalid`);
  return url;
}

function dateFormat(value: unknown): { date_time_format?: string } {
  if (value === undefined || value === '') return {};
  if (typeof value !== 'string' || !/^(?:[rR]|[tTdDwW]+)$/.test(value)) throw invalid('Invalid date-time format specified');
  return { date_time_format: value };
}
