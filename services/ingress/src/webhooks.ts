import type { InboundEnvelope, PlatformId, RawEvent, RawRequest, WebhookSource } from '@bridge/core';
import { type RoleContext, QueueUnavailable, rawBody, sendError } from '@bridge/runtime';
import type { Express, Request, Response } from 'express';

/** Seconds that a platform is asked to wait when Redis does not take an event; Telegram obeys it. */
const retryAfterSeconds = 5;

/** `POST /<platform>` for every configured platform that has a webhook. */
export function mountWebhooks(app: Express, context: RoleContext): void {
  for (const [id, { instance }] of context.platforms) {
    const webhook = instance.webhook;
    if (webhook) app.post(webhook.path, rawBody, (request, response) => handle({ id, webhook, context }, request, response));
  }
}

interface Endpoint {
  readonly id: PlatformId;
  readonly webhook: WebhookSource;
  readonly context: RoleContext;
}

async function handle(endpoint: Endpoint, request: Request, response: Response): Promise<void> {
  const { id, webhook, context } = endpoint;
  const raw = rawRequest(request);
  const verified = webhook.verify(raw);
  if (!verified.ok) return refuse(endpoint, response, [verified.status, 'unauthorised', verified.reason]);
  if (!isJson(raw.headers['content-type'])) {
    return refuse(endpoint, response, [415, 'unsupported_media_type', 'Send JSON with the header Content-Type: application/json.']);
  }
  const json = parseJson(raw.body);
  if (json === undefined) return refuse(endpoint, response, [400, 'bad_json', 'The body is not valid JSON in UTF-8.']);
  const received = webhook.receive(json);
  if (!received.ok) {
    context.metrics.ignored.inc({ platform: id, reason: received.reason });
    context.log.debug({ platform: id, reason: received.reason }, 'event ignored');
    return void response.status(200).json(received.reply ?? { ok: true });
  }
  try {
    for (const event of received.events) await accept(endpoint, event);
  } catch (error) {
    if (!(error instanceof QueueUnavailable)) throw error;
    context.log.warn({ platform: id, err: error }, 'event not accepted');
    response.setHeader('retry-after', String(retryAfterSeconds));
    return refuse(endpoint, response, [503, 'queue_unavailable', 'Redis does not take events at the moment; send it again later.']);
  }
  response.status(200).json(received.reply ?? { ok: true });
}

async function accept({ id, context }: Endpoint, event: RawEvent): Promise<void> {
  const envelope: InboundEnvelope = { v: 1, platform: id, ...event, receivedAt: Date.now() };
  const result = await context.queues.accept(envelope);
  context.metrics.accepted.inc({ platform: id, result });
}

function refuse({ id, context }: Endpoint, response: Response, [status, code, message]: readonly [number, string, string]): void {
  context.metrics.refused.inc({ platform: id, status: String(status) });
  sendError(response, status, code, message);
}

function rawRequest(request: Request): RawRequest {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  const body: unknown = request.body;
  return { headers, body: body instanceof Uint8Array ? body : new Uint8Array() };
}

/** CometChat writes `Application/json`, so the comparison is without case. */
function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType ?? '');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body)) ?? null;
  } catch {
    return undefined;
  }
}
