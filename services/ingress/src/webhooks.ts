import type { PlatformId, RawRequest, WebhookSource } from '@bridge/core';
import { QueueUnavailable, type RoleContext, acceptEvent, rawBody, sendError } from '@bridge/runtime';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { Strangers } from './strangers.ts';

/** Seconds that a platform is asked to wait when Redis does not take an event; Telegram obeys it. */
const retryAfterSeconds = 5;
/** Anybody can send a wrong secret as often as they like; the log tells of it this often. */
const quietMs = 10_000;

/** `POST /<platform>` for every platform served here that has a webhook. */
export function mountWebhooks(app: Express, context: RoleContext, strangers: Strangers): void {
  for (const [id, { instance }] of context.platforms) {
    const { webhook } = instance;
    if (webhook === undefined) continue;
    const endpoint: Endpoint = { id, webhook, context, strangers, tellRefusal: sparing(context, id) };
    app.post(webhook.path, turnAway(endpoint), rawBody, (request, response) => handle(endpoint, request, response));
  }
}

interface Endpoint {
  readonly id: PlatformId;
  readonly webhook: WebhookSource;
  readonly context: RoleContext;
  readonly strangers: Strangers;
  readonly tellRefusal: (reason: string) => void;
}

/** What whoever was refused too often is told. */
export const tooManyRefusals = [
  'too_many_refusals',
  'This address was refused too often; try again later, with the right secret.',
] as const;

/** What a refused caller is told: the same for everybody, since the true reason would help only those who guess. */
const refusals = {
  401: ['unauthorised', 'The secret is missing or wrong. Set the same one on the platform and here; the log names the reason.'],
  403: ['forbidden', 'This caller may not post here; the log names the reason.'],
  415: ['unsupported_media_type', 'Send JSON with the header Content-Type: application/json.'],
  400: ['bad_json', 'The body is not valid JSON in UTF-8.'],
  429: tooManyRefusals,
  503: ['queue_unavailable', 'Redis does not take events at the moment; send it again later.'],
} as const;

const nothing = new Uint8Array();

/**
 * Whoever was refused too often is turned away before the body is read, unless the headers alone prove that it is genuine:
 * behind a proxy that does not tell addresses, strangers and platforms have the same one.
 */
function turnAway(endpoint: Endpoint): RequestHandler {
  const { webhook, strangers, context, id } = endpoint;
  return (request, response, next) => {
    const wait = strangers.waitSeconds(request.ip);
    if (wait === 0 || webhook.verify({ headers: headersOf(request), body: nothing }).ok) return next();
    context.sightings.note(id, 'refused');
    // The rest of the request is not waited for.
    response.setHeader('connection', 'close');
    response.setHeader('retry-after', String(wait));
    refuse(endpoint, response, 429);
  };
}

async function handle(endpoint: Endpoint, request: Request, response: Response): Promise<void> {
  const { id, webhook, context } = endpoint;
  const raw = rawRequest(request);
  const verified = webhook.verify(raw);
  if (!verified.ok) {
    endpoint.tellRefusal(verified.reason);
    context.sightings.note(id, 'refused');
    endpoint.strangers.refused(request.ip);
    return refuse(endpoint, response, verified.status);
  }
  if (!isJson(raw.headers['content-type'])) return refuse(endpoint, response, 415);
  const json = parseJson(raw.body);
  if (!json.ok) return refuse(endpoint, response, 400);
  const received = webhook.receive(json.value);
  if (!received.ok) {
    context.metrics.ignored.inc({ platform: id, reason: received.reason });
    context.log.debug({ platform: id, reason: received.reason }, 'event ignored');
  }
  try {
    // One after the other: their order is the order in which they happened.
    for (const event of received.ok ? received.events : []) await acceptEvent(context, id, event);
  } catch (error) {
    if (!(error instanceof QueueUnavailable)) throw error;
    context.log.warn({ platform: id, err: error }, 'event not accepted');
    response.setHeader('retry-after', String(retryAfterSeconds));
    return refuse(endpoint, response, 503);
  }
  context.sightings.note(id, 'accepted');
  answer(response, received.reply ?? { ok: true });
}

/** As `response.json` does, without what that looks at for browsers: this is said hundreds of times a second. */
function answer(response: Response, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) }).end(body);
}

function refuse({ id, context }: Endpoint, response: Response, status: keyof typeof refusals): void {
  const [code, message] = refusals[status];
  context.metrics.refused.inc({ platform: id, status: String(status) });
  sendError(response, status, code, message);
}

function sparing(context: RoleContext, platform: PlatformId): (reason: string) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (reason) => {
    if (performance.now() - toldAt < quietMs) return;
    toldAt = performance.now();
    context.log.warn({ platform, reason }, 'webhook refused; further ones within 10 s are only counted');
  };
}

function rawRequest(request: Request): RawRequest {
  const body: unknown = request.body;
  return { headers: headersOf(request), body: body instanceof Uint8Array ? body : nothing };
}

function headersOf(request: Request): RawRequest['headers'] {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

/** CometChat writes `Application/json`, so the comparison is without case. */
function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType ?? '');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(body: Uint8Array): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    return { ok: true, value };
  } catch {
    return { ok: false };
  }
}
