import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from './api-error.ts';

/** Arguments of a call, each in its text form: objects and arrays as JSON, as the official server has them too. */
export type Params = ReadonlyMap<string, string> & { readonly files?: ReadonlyMap<string, Upload> };

/** A file of a multipart body. */
export interface Upload {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array;
}

class Form extends Map<string, string> {
  readonly files = new Map<string, Upload>();
}

/**
 * Reads arguments from the query and from an urlencoded, JSON or multipart body.
 * @throws {ApiError} 400 for a body that is not what its Content-Type says.
 */
export async function readParams(call: {
  readonly query: string;
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
}): Promise<Params> {
  const params = new Form();
  if (call.query !== '') for (const [name, value] of new URLSearchParams(call.query)) params.set(name, value);
  if (call.body.length === 0) return params;
  const type = (call.headers['content-type'] ?? '').toLowerCase();
  if (type.startsWith('application/json')) addJson(params, call.body.toString('utf8'));
  else if (type.startsWith('multipart/form-data')) await addMultipart(params, call.body, call.headers['content-type'] ?? '');
  else if (type.startsWith('application/x-www-form-urlencoded')) {
    for (const [name, value] of new URLSearchParams(call.body.toString('utf8'))) params.set(name, value);
  }
  // The official server takes no notice of a body of any other type; the missing parameters then speak for themselves.
  return params;
}

function addJson(params: Map<string, string>, text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest("can't parse JSON object");
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('expected an Object');
  for (const [name, field] of Object.entries(value)) {
    if (field !== null) params.set(name, typeof field === 'string' ? field : JSON.stringify(field));
  }
}

async function addMultipart(params: Form, body: Buffer, contentType: string): Promise<void> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
    for (const [name, value] of form) {
      if (typeof value === 'string') params.set(name, value);
      else params.files.set(name, { name: value.name, mime: value.type, bytes: new Uint8Array(await value.arrayBuffer()) });
    }
  } catch {
    throw badRequest("can't parse multipart/form-data");
  }
}

/** As the official server reads integers: leading digits count, anything else is 0; empty gives the default; then clamped. */
export function integer(
  params: Params,
  name: string,
  options: { readonly fallback?: number; readonly min?: number; readonly max?: number } = {},
): number {
  const text = params.get(name) ?? '';
  const value = text === '' ? (options.fallback ?? 0) : Number.parseInt(text, 10) || 0;
  return Math.min(Math.max(value, options.min ?? -Infinity), options.max ?? Infinity);
}

/** `true`, `yes` and `1` are true. */
export const boolean = (params: Params, name: string): boolean =>
  ['true', 'yes', '1'].includes((params.get(name) ?? '').trim().toLowerCase());

/** The JSON in an argument; undefined where it is absent, empty or not JSON. */
export function json(params: Params, name: string): unknown {
  const text = params.get(name) ?? '';
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object that came as JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;
/** Whether a value is an object and neither null nor an array. */
export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
