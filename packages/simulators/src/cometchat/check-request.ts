import { badRequest } from './api-error.ts';
import { bodyTable } from './api-table.ts';
import type { JsonObject } from './model.ts';

/** Whether a value is an object and neither null nor an array. */
export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Checks a body against the API description and returns the names of fields that it does not know: those are let pass.
 * @throws {ApiError} ERR_BAD_REQUEST for a field of another type. Missing fields have errors of their own, elsewhere.
 */
export function checkBody(route: string, body: JsonObject): string[] {
  const table = bodyTable[route];
  if (!table) return [];
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    const type = table[name]?.replace('!', '');
    if (type === undefined) unknown.push(`${route} has no field ${name}`);
    else if (!matches(value, type))
      throw badRequest(`The ${name} must be of type ${type}.`, { [name]: [`The ${name} must be of type ${type}.`] });
  }
  return unknown;
}

function matches(value: unknown, type: string): boolean {
  if (type === 'object') return isObject(value);
  if (type === 'strings') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return typeof value === type;
}
