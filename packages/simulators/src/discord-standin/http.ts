import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, readBody, sendAnswer } from '../shared/answer.ts';
import type { CallLog } from '../shared/calls.ts';
import { applyFault, type FaultAnswers, type FaultBox } from '../shared/faults.ts';
import type { Buckets, BucketState } from './buckets.ts';
import { DiscordError, errorAnswer, rateLimitAnswer } from './errors.ts';
import type { Host } from './host.ts';
import { findRoute, type Route } from './router.ts';

export interface HttpHost {
  readonly token: string;
  readonly host: Host;
  readonly faults: FaultBox;
  readonly calls: CallLog;
  readonly buckets: Buckets;
  /** Counts 401, 403 and 429: 10,000 of them in ten minutes get an address banned. */
  invalid(): void;
}

const maxBody = 26 << 20;

const answers: FaultAnswers = {
  rateLimit: (fault) => rateLimitAnswer(fault.retryAfterMs, fault.global === true ? 'global' : 'user'),
  status: (status) => ({ status, body: { message: status >= 500 ? 'Internal Server Error' : `${status}: Error`, code: 0 } }),
};

/** Answers `/api/v9/…` and `/api/v10/…`. */
export function createHandler(http: HttpHost): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    handle(http, request, response).catch((error: unknown) => {
      if (!response.headersSent) sendAnswer(response, { status: 500, body: { message: String(error), code: 0 } });
    });
  };
}

async function handle(http: HttpHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'http://discord.invalid');
  const buffer = await readBody(request, maxBody);
  const [, path] = /^\/api\/v(?:9|10)(\/.*)$/.exec(url.pathname) ?? [];
  if (path === undefined) return sendAnswer(response, { status: 404, body: { message: '404: Not Found', code: 0 } });
  const body = await readForm(buffer, request);
  http.calls.record({ method, path, body, headers: request.headers }, response);
  if (!applyFault(http.faults.take(method, path), http.faults.latencyMs, { request, response, answers })) return;
  const answer = run({ http, method, path, query: url.searchParams, body, authorization: request.headers.authorization });
  if ([401, 403, 429].includes(answer.status)) http.invalid();
  sendAnswer(response, answer);
}

interface Request {
  readonly http: HttpHost;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

function run(request: Request): Answer {
  const { http, method, query, body } = request;
  const path = request.path.split('/').slice(1);
  const route = findRoute(method, path);
  if (route?.byToken !== true && request.authorization !== `Bot ${http.token}`) return { status: 401, body: { message: '401: Unauthorized', code: 0 } };
  if (!route) return { status: 404, body: { message: '404: Not Found', code: 0 } };
  if (body instanceof DiscordError) return errorAnswer(body);
  const taken = http.buckets.take(keysOf(http.host, route, path));
  if (!taken.ok) return rateLimitAnswer(taken.retryAfterMs, taken.scope);
  const headers = taken.state ? limitHeaders(taken.state) : {};
  try {
    const result = route.handler({ host: http.host, path, query, body });
    return { status: result.body === undefined ? 204 : 200, headers, ...(result.body === undefined ? {} : { body: result.body }) };
  } catch (error) {
    if (!(error instanceof DiscordError)) throw error;
    return { ...errorAnswer(error), headers };
  }
}

function keysOf(host: Host, route: Route, path: readonly string[]) {
  const name = `${route.method} /${route.parts.join('/')}`;
  const [top, id = ''] = path;
  if (route.byToken) return { route: name, webhook: id, channel: host.world.webhooks.get(id)?.channel_id ?? '' };
  return { route: name, ...(top === 'channels' ? { channel: id } : {}) };
}

function limitHeaders({ limit, remaining, resetAfterMs, bucket }: BucketState): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(Math.max(0, remaining)),
    'x-ratelimit-reset': ((Date.now() + resetAfterMs) / 1000).toFixed(3),
    'x-ratelimit-reset-after': (resetAfterMs / 1000).toFixed(3),
    'x-ratelimit-bucket': bucket,
  };
}

/** JSON, or the `payload_json` part of a form with files. */
async function readForm(buffer: Buffer, request: IncomingMessage): Promise<unknown> {
  if (buffer.length === 0) return undefined;
  const type = request.headers['content-type'] ?? '';
  try {
    if (!type.startsWith('multipart/form-data')) return JSON.parse(buffer.toString('utf8'));
    const form = await new Response(new Uint8Array(buffer), { headers: { 'content-type': type } }).formData();
    const payload = form.get('payload_json');
    const files = [...form.keys()].filter((name) => name.startsWith('files['));
    const parsed: unknown = typeof payload === 'string' ? JSON.parse(payload) : {};
    return { ...(typeof parsed === 'object' ? parsed : {}), ...(files.length > 0 ? { files } : {}) };
  } catch {
    return new DiscordError(400, 50109, { message: 'The request body contains invalid JSON.' });
  }
}
