import type { IncomingHttpHeaders } from 'node:http';
import { ApiError, apiError, formError } from './api-error.ts';
import { maxFileBytes } from './attachments.ts';
import { isRecord } from './json.ts';
import type { PremiumTier } from './world.ts';

/** A file of a multipart body. */
export interface UploadedFile {
  /** `files[0]` and so on. */
  readonly field: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** A request's body, read. */
export interface Body {
  readonly fields: Record<string, unknown>;
  readonly files: readonly UploadedFile[];
}

/** Longest body. Source: API reference, "Create Message"; where files may be larger, so may it. */
export const maxBody = (tier: PremiumTier): number => Math.max(25 << 20, maxFileBytes[tier] + (1 << 20));

/** Reads JSON, or a form with `payload_json`. An error is returned, not thrown, as a call with a bad body is still a call. */
export function readFields(body: Buffer, headers: IncomingHttpHeaders): Body | ApiError | Promise<Body | ApiError> {
  const type = headers['content-type'] ?? '';
  if (body.length === 0) return { fields: {}, files: [] };
  if (/^application\/json\b/i.test(type)) return parseJson(body.toString());
  if (/^multipart\/form-data\b/i.test(type)) return readMultipart(body, type);
  if (/^application\/x-www-form-urlencoded\b/i.test(type))
    return { fields: Object.fromEntries(new URLSearchParams(body.toString())), files: [] };
  const message = `Expected "Content-Type" header to be one of {'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'}.`;
  return formError([{ path: [], code: 'CONTENT_TYPE_INVALID', message }]);
}

function parseJson(text: string): Body | ApiError {
  try {
    const fields: unknown = JSON.parse(text);
    if (isRecord(fields)) return { fields, files: [] };
    return formError([{ path: [], code: 'MODEL_TYPE_CONVERT', message: 'Only dictionaries may be used in a ModelType' }]);
  } catch {
    return apiError('invalidJson');
  }
}

async function readMultipart(body: Buffer, type: string): Promise<Body | ApiError> {
  const parts: Record<string, unknown> = {};
  const files: UploadedFile[] = [];
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    for (const [field, value] of form) {
      if (typeof value === 'string') parts[field] = value;
      else files.push({ field, name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) });
    }
  } catch {
    return apiError('invalidJson');
  }
  const payload = parts['payload_json'];
  if (typeof payload !== 'string') return { fields: parts, files };
  const parsed = parseJson(payload);
  return parsed instanceof ApiError ? parsed : { fields: parsed.fields, files };
}
