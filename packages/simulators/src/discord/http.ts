import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, BodyTooLarge, readBody, sendAnswer } from '../shared/answer.ts';
import type { CallLog } from '../shared/calls.ts';
import { applyFault, type FaultAnswers, type FaultBox } from '../shared/faults.ts';
import { ApiError, apiError, formError } from './api-error.ts';
import { type Body, maxBody, readFields } from './body.ts';
import { Form } from './form.ts';
import { type RateLimits, tooMany } from './rate-limits.ts';
import { type ApiHost, badIds, createRouter, type RouteMatch } from './route.ts';
import { guildRoutes } from './routes-guild.ts';
import { messageRoutes } from './routes-messages.ts';
import { reactionRoutes } from './routes-reactions.ts';
import { threadRoutes } from './routes-threads.ts';
import { webhookMessageRoutes } from './routes-webhook-messages.ts';
import { webhookRoutes } from './routes-webhooks.ts';

/** What the HTTP side needs. */
export interface HttpHost {
  readonly api: ApiHost;
  readonly faults: FaultBox;
  readonly calls: CallLog;
  readonly limits: RateLimits;
  /** Whether this is the bot's token now. */
  isToken(token: string): boolean;
  /** Told of each answer with 401, 403 or 429 (but scope `shared`), which Discord counts against the address. */
  invalidRequest(): void;
}

const lookup = createRouter([
  ...guildRoutes,
  ...messageRoutes,
  ...reactionRoutes,
  ...threadRoutes,
  ...webhookRoutes,
  ...webhookMessageRoutes,
]);

/** How Discord words what a fault answers. */
export const answers: FaultAnswers = {
  rateLimit: (fault) => tooMany(fault.retryAfterMs, fault.global === true ? 'global' : 'user'),
  status: (status) => ({ status, body: { message: `${status}: ${statusTexts[status] ?? 'Error'}`, code: 0 } }),
};
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

interface Exchange {
  readonly request: IncomingMessage;
  readonly method: string;
  /** Below the version. */
  readonly path: string;
  readonly query: Record<string, unknown>;
  readonly version: string | undefined;
}

/** Answers everything below `/api`. */
export function createHandler(host: HttpHost): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    handle(host, request, response).catch((error: unknown) => {
      if (!response.headersSent) sendAnswer(response, errorAnswer(error));
    });
  };
}

async function handle(host: HttpHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const exchange = toExchange(request);
  const { method, path } = exchange;
  const raw = await readBody(request, maxBody(host.api.world.premiumTier));
  const pending = readFields(raw, request.headers);
  const body = pending instanceof Promise ? await pending : pending;
  host.calls.record({ method, path, body: recorded(body, raw), headers: request.headers }, response);
  if (!applyFault(host.faults.take(method, path), host.faults.latencyMs, { request, response, answers })) {
    // What a fault answers is counted as any other answer; without one the status is still the 200 it began with.
    if (isInvalid(response.statusCode, response.getHeader('x-ratelimit-scope'))) host.invalidRequest();
    return;
  }
  const answer = respond(host, exchange, body);
  if (isInvalid(answer.status, answer.headers?.['x-ratelimit-scope'])) host.invalidRequest();
  sendAnswer(response, answer);
}

function toExchange(request: IncomingMessage): Exchange {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const full = mark === -1 ? url : url.slice(0, mark);
  const [, version, path] = /^\/api(?:\/v(\d+))?(\/.*)$/.exec(full) ?? [];
  const query = mark === -1 ? {} : Object.fromEntries(new URLSearchParams(url.slice(mark + 1)));
  return { request, method: request.method ?? 'GET', path: path ?? full, query, version: path === undefined ? 'none' : version };
}

/** What the call log keeps of a body. */
function recorded(body: Body | ApiError, raw: Buffer): unknown {
  if (body instanceof ApiError) return raw.toString();
  const files = body.files.map(({ field, name, bytes }) => ({ field, name, size: bytes.length }));
  return files.length > 0 ? { ...body.fields, files } : body.fields;
}

function respond(host: HttpHost, exchange: Exchange, body: Body | ApiError): Answer {
  const { request, method, path, version } = exchange;
  // Cloudflare stands before the API and turns away those who do not say who they are. Source: API reference, "User Agent".
  if ((request.headers['user-agent'] ?? '') === '') return errorAnswer(apiError('blocked'));
  if (version === 'none') return errorAnswer(apiError('noRoute'));
  if (version !== '9' && version !== '10') return errorAnswer(apiError('invalidVersion'));
  const found = lookup(method, path);
  if (found === 'unknown') return errorAnswer(apiError('noRoute'));
  if (found === 'methodNotAllowed') return errorAnswer(apiError('methodNotAllowed'));
  if (found.route.auth !== false && !isAuthorized(host, request)) return errorAnswer(apiError('unauthorized'));
  const { headers, refusal } = host.limits.take(limitedCall(host, request, found));
  const answer = refusal ?? run(host, exchange, { found, body });
  return { ...answer, headers: { ...headers, ...answer.headers } };
}

function isAuthorized(host: HttpHost, request: IncomingMessage): boolean {
  const [, token] = /^Bot (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  return token !== undefined && host.isToken(token);
}

function limitedCall(host: HttpHost, request: IncomingMessage, { route, params }: RouteMatch) {
  const { webhook_id: webhook, token, channel_id: channel, guild_id: guild } = params;
  const resource = channel ?? guild ?? `${webhook ?? ''}/${token ?? ''}`;
  const posts = route.method === 'POST' && token !== undefined;
  const webhookChannel = posts ? host.api.world.webhooks.get(webhook ?? '')?.channel.id : undefined;
  return {
    bucket: route.bucket,
    resource,
    webhookChannel,
    caller: isAuthorized(host, request) ? 'bot' : (request.socket.remoteAddress ?? ''),
  };
}

function run(host: HttpHost, exchange: Exchange, call: { readonly found: RouteMatch; readonly body: Body | ApiError }): Answer {
  const { found, body } = call;
  try {
    if (body instanceof ApiError) throw body;
    const bad = badIds(found.params);
    if (bad.length > 0)
      throw formError(
        bad.map(({ name, value }) => ({ path: [name], code: 'NUMBER_TYPE_COERCE', message: `Value "${value}" is not snowflake.` })),
      );
    const query = new Form(exchange.query);
    return found.route.run({
      host: host.api,
      param: (name) => found.params[name] ?? '',
      query,
      body: new Form(body.fields),
      files: body.files,
    });
  } catch (error) {
    return errorAnswer(error);
  }
}

function errorAnswer(error: unknown): Answer {
  if (error instanceof ApiError) return { status: error.status, body: error.body };
  if (error instanceof BodyTooLarge) return errorAnswer(apiError('tooLarge'));
  return { status: 500, body: { message: `500: Internal Server Error (${String(error)})`, code: 0 } };
}

function isInvalid(status: number, scope: unknown): boolean {
  return status === 401 || status === 403 || (status === 429 && scope !== 'shared');
}
