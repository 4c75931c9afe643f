import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyTooLarge, readBody, sendAnswer, type Answer } from '../shared/answer.ts';
import type { CallLog } from '../shared/calls.ts';
import { applyFault, type FaultAnswers, type FaultBox } from '../shared/faults.ts';
import { ApiError } from './api-error.ts';
import type { StoredFile } from './files.ts';
import { methodTable } from './api-table.ts';
import { mediaMethods } from './api-table-media.ts';
import { checkRequest } from './check-request.ts';
import type { MethodResult } from './method.ts';
import { readParams, type Params } from './params.ts';

/** What the HTTP side needs. */
export interface HttpHost {
  readonly token: string;
  readonly faults: FaultBox;
  readonly calls: CallLog;
  /** Told of each call that is not as the API description says. */
  violation(problem: string): void;
  /** Carries out a method; the name as it was called, in any case. @throws {ApiError} */
  run(method: string, params: Params): MethodResult | Promise<MethodResult>;
  /** The file at a path that getFile gave. */
  file(path: string): StoredFile | undefined;
}

/** Longest body: the largest upload that the Bot API takes, and the form around it. */
const maxBody = 51 << 20;
const canonical = new Map([...Object.keys(methodTable), ...Object.keys(mediaMethods)].map((name) => [name.toLowerCase(), name]));

const answers: FaultAnswers = {
  rateLimit: (fault) => errorAnswer(floodError(fault.retryAfterMs)),
  status: (status) => errorAnswer(new ApiError(status, statusText(status))),
};

/** Answers `/bot<token>/<method>`, by GET and by POST. */
export function createHandler(host: HttpHost): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    handle(host, request, response).catch((error: unknown) => {
      if (!response.headersSent) sendAnswer(response, errorAnswer(error));
    });
  };
}

async function handle(host: HttpHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path, query] = splitOnce(request.url ?? '/', '?');
  const [, fileToken, filePath] = /^\/file\/bot([^/]+)\/(.+)$/.exec(path) ?? [];
  if (fileToken !== undefined && filePath !== undefined) return download(host, { token: fileToken, path: filePath }, { request, response });
  const [, token, name] = /^\/bot([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const body = await readBody(request, maxBody);
  if (token === undefined || name === undefined) return sendAnswer(response, errorAnswer(new ApiError(404, 'Not Found')));
  const method = canonical.get(name.toLowerCase()) ?? name;
  const params = await readParams({ query, body, headers: request.headers }).catch((error: unknown) => toApiError(error));
  host.calls.record({ method: request.method ?? 'GET', path: `/${method}`, body: asObject(params), headers: request.headers }, response);
  const fault = host.faults.take(request.method ?? 'GET', `/${method}`);
  if (!applyFault(fault, host.faults.latencyMs, { request, response, answers })) return;
  if (token !== host.token) return sendAnswer(response, errorAnswer(new ApiError(401, 'Unauthorized')));
  if (params instanceof ApiError) return sendAnswer(response, errorAnswer(params));
  for (const problem of checkRequest(method, params)) host.violation(problem);
  sendAnswer(response, await answer(host, method, params));
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

/** A file by the path that getFile gave, or a range of it. */
function download(host: HttpHost, asked: { readonly token: string; readonly path: string }, { request, response }: Exchange): void {
  host.calls.record({ method: request.method ?? 'GET', path: `/file/${asked.path}`, body: undefined, headers: request.headers }, response);
  const fault = host.faults.take(request.method ?? 'GET', `/file/${asked.path}`);
  if (!applyFault(fault, host.faults.latencyMs, { request, response, answers })) return;
  if (asked.token !== host.token) return sendAnswer(response, errorAnswer(new ApiError(401, 'Unauthorized')));
  const file = host.file(asked.path);
  if (file === undefined) return sendAnswer(response, errorAnswer(new ApiError(404, 'Not Found')));
  sendAnswer(response, fileAnswer(Buffer.from(file.bytes), request.headers.range));
}

/** What a server of files answers, with the range of bytes that was asked for where it is one that it has. */
export function fileAnswer(bytes: Buffer, range: string | undefined, mime = 'application/octet-stream'): Answer {
  const headers = { 'content-type': mime, 'accept-ranges': 'bytes' };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === undefined) return { status: 200, headers, body: bytes };
  const first = Number(from);
  const last = Math.min(to === undefined || to === '' ? bytes.length - 1 : Number(to), bytes.length - 1);
  if (first > last) return { status: 416, headers: { ...headers, 'content-range': `bytes */${bytes.length}` }, body: Buffer.alloc(0) };
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${first}-${last}/${bytes.length}` },
    body: bytes.subarray(first, last + 1),
  };
}

async function answer(host: HttpHost, method: string, params: Params): Promise<Answer> {
  try {
    const { result, description } = await host.run(method, params);
    return { status: 200, body: { ok: true, result, ...(description === undefined ? {} : { description }) } };
  } catch (error) {
    return errorAnswer(error);
  }
}

function errorAnswer(error: unknown): Answer {
  const { code, message, parameters } = toApiError(error);
  const retryAfter = parameters?.['retry_after'];
  return {
    status: code,
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
    body: { ok: false, error_code: code, description: message, ...(parameters === undefined ? {} : { parameters }) },
  };
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof BodyTooLarge) return new ApiError(413, 'Request Entity Too Large');
  return new ApiError(500, `Internal Server Error: ${String(error)}`);
}

function floodError(retryAfterMs: number): ApiError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new ApiError(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
}

const statusTexts: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
const statusText = (status: number): string => statusTexts[status] ?? 'Error';

function asObject(params: Params | ApiError): unknown {
  if (params instanceof ApiError) return undefined;
  const files = [...(params.files ?? [])].map(([field, { name, mime, bytes }]) => [field, { name, mime, size: bytes.length }]);
  return { ...Object.fromEntries(params), ...Object.fromEntries(files) };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
