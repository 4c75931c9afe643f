import { type FieldTable, methodTable, typeTable } from './api-table.ts';
import { mediaMethods, mediaTypes } from './api-table-media.ts';
import { isObject, type Params } from './params.ts';

/**
 * What is wrong with a call by the API description, in words: unknown or missing parameters, and values of another type.
 * The official server overlooks much of it without an error, so a simulator does too; but a client that is right has none.
 */
export function checkRequest(method: string, params: Params): string[] {
  const table = methodTable[method] ?? mediaMethods[method];
  if (!table) return [];
  const problems: string[] = [];
  for (const [name, text] of params) {
    const type = table[name];
    if (type === undefined) problems.push(`${method} has no parameter ${name}`);
    else if (!matches(fromText(text, type), type)) problems.push(`${method}: ${name} is not of type ${type.replace('!', '')}`);
  }
  for (const [name, type] of Object.entries(table)) {
    if (type.startsWith('!') && !params.has(name) && params.files?.has(name) !== true) problems.push(`${method}: ${name} is required`);
  }
  return problems;
}

/** Form fields have no types: a number, boolean or object is its JSON. */
function fromText(text: string, type: string): unknown {
  if (/^!?String$/.test(type)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function matches(value: unknown, type: string): boolean {
  return type
    .replace('!', '')
    .split('|')
    .some((one) => matchesOne(value, one));
}

function matchesOne(value: unknown, type: string): boolean {
  if (type.startsWith('Array of ')) return Array.isArray(value) && value.every((item) => matches(item, type.slice('Array of '.length)));
  switch (type) {
    case 'String':
      return typeof value === 'string';
    case 'Integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'Boolean':
      return typeof value === 'boolean';
    default:
      return isObject(value) && matchesFields(value, type);
  }
}

function tableOf(type: string, value: Readonly<Record<string, unknown>>): FieldTable | undefined {
  if (type !== 'InputMedia') return typeTable[type];
  const kind = typeof value['type'] === 'string' ? value['type'] : '';
  return mediaTypes[`InputMedia${kind.charAt(0).toUpperCase()}${kind.slice(1)}`];
}

function matchesFields(value: Readonly<Record<string, unknown>>, type: string): boolean {
  const table = tableOf(type, value);
  if (!table) return true;
  const known = Object.entries(value).every(([name, field]) => table[name] !== undefined && matches(field, table[name]));
  return known && Object.entries(table).every(([name, field]) => !field.startsWith('!') || value[name] !== undefined);
}
