import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyTooLarge, readBody, sendAnswer, type Answer } from '../shared/answer.ts';
import type { CallLog } from '../shared/calls.ts';
import { applyFault, type FaultAnswers, type FaultBox } from '../shared/faults.ts';
import type { Acts } from './acts.ts';
import { ApiError, badRequest, uidNotFound } from './api-error.ts';
import { checkBody, isObject } from './check-request.ts';
import type { JsonObject } from './model.ts';
import { retryAfterS, type RateCount } from './rate.ts';
import type { ApiResult, Handler } from './route.ts';
import { messageRoutes } from './routes-messages.ts';
import { userRoutes } from './routes-users.ts';
import type { World } from './world.ts';

/** What the HTTP side needs. */
export interface HttpHost {
  readonly apiKey: string;
  readonly world: World;
  readonly acts: Acts;
  readonly faults: FaultBox;
  readonly calls: CallLog;
  /** Counts a call. */
  rate(route: string): RateCount;
  readonly limits: boolean;
  readonly editReplaces: boolean;
  violation(problem: string): void;
  /** Carries out a call; where its webhook goes first, `echo` resolves when that was answered. */
  withEcho<T>(act: () => T): { readonly result: T; readonly echo: Promise<void> | undefined };
}

const maxBody = 1 << 20;
const base = '/v3';

interface Route {
  readonly name: string;
  readonly segments: readonly string[];
  readonly handler: Handler;
}

/** By method and number of segments. */
function indexRoutes(): ReadonlyMap<string, readonly Route[]> {
  const index = new Map<string, Route[]>();
  for (const [name, handler] of Object.entries({ ...userRoutes, ...messageRoutes })) {
    const [method = '', path = ''] = name.split(' ');
    const segments = path.slice(1).split('/');
    const key = `${method} ${segments.length}`;
    index.set(key, [...(index.get(key) ?? []), { name, segments, handler }]);
  }
  return index;
}

const routes = indexRoutes();

function codeFor(status: number): string {
  if (status === 401) return 'AUTH_ERR_APIKEY_NOT_FOUND';
  return status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_EXCEPTION';
}

const answers: FaultAnswers = {
  rateLimit: (fault) => tooMany(Math.max(1, Math.ceil(fault.retryAfterMs / 1000)), Math.ceil((Date.now() + fault.retryAfterMs) / 1000)),
  status: (status) => errorAnswer(new ApiError(status, codeFor(status), 'Something went wrong, please try again later.')),
};

/** Answers `/v3/…`. */
export function createHandler(host: HttpHost): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    handle(host, request, response).catch((error: unknown) => {
      if (!response.headersSent) sendAnswer(response, errorAnswer(error));
    });
  };
}

async function handle(host: HttpHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const raw = await readBody(request, maxBody);
  const [fullPath = '', query = ''] = (request.url ?? '/').split('?', 2);
  const path = fullPath.startsWith(`${base}/`) ? fullPath.slice(base.length) : fullPath;
  const method = request.method ?? 'GET';
  const body = parseBody(raw);
  host.calls.record({ method, path, body, headers: request.headers }, response);
  const fault = host.faults.take(method, path);
  if (!applyFault(fault, host.faults.latencyMs, { request, response, answers })) return;
  const found = path === fullPath ? undefined : findRoute(method, path);
  const rate = host.rate(found?.route.name ?? '');
  const refused = host.limits && !rate.allowed ? tooMany(retryAfterS, rate.reset) : undefined;
  const { result: answer, echo } = host.withEcho(() => refused ?? carryOut(host, { request, query, body, found }));
  if (echo) await echo;
  sendAnswer(response, { ...answer, headers: { ...rateHeaders(rate), ...answer.headers } });
}

interface Carried {
  readonly request: IncomingMessage;
  readonly query: string;
  readonly body: unknown;
  readonly found: { readonly route: Route; readonly path: Readonly<Record<string, string>> } | undefined;
}

function carryOut(host: HttpHost, { request, query, body, found }: Carried): Answer {
  try {
    checkKey(host.apiKey, header(request, 'apikey'));
    if (!found) throw new ApiError(404, 'ERR_NOT_FOUND', 'There is no such call.');
    const actor = actorFrom(host.world, header(request, 'onbehalfof'));
    if (!isObject(body)) throw badRequest('The request body must be a JSON object.');
    for (const problem of checkBody(found.route.name, body)) host.violation(problem);
    return success(
      found.route.handler({
        world: host.world,
        acts: host.acts,
        path: found.path,
        get query() {
          return new URLSearchParams(query);
        },
        body,
        actor,
        editReplaces: host.editReplaces,
      }),
    );
  } catch (error) {
    return errorAnswer(error);
  }
}

function checkKey(expected: string, given: string): void {
  if (given === '') throw new ApiError(401, 'AUTH_ERR_EMPTY_APIKEY', 'The API key is empty.');
  if (given !== expected) throw new ApiError(401, 'AUTH_ERR_APIKEY_NOT_FOUND', 'The API key does not exist. Please use a correct API key.');
}

function actorFrom(world: World, onBehalfOf: string): string | undefined {
  if (onBehalfOf === '') return undefined;
  const uid = onBehalfOf.toLowerCase();
  if (!world.users.has(uid)) throw uidNotFound(uid);
  return uid;
}

function findRoute(method: string, path: string): Carried['found'] {
  const parts = path.slice(1).split('/');
  for (const route of routes.get(`${method} ${parts.length}`) ?? []) {
    const named: Record<string, string> = {};
    const fits = route.segments.every((segment, at) => {
      const part = parts[at] ?? '';
      if (!segment.startsWith('{')) return segment === part;
      named[segment.slice(1, -1)] = decode(part);
      return part !== '';
    });
    if (fits) return { route, path: named };
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** Undefined for what is not JSON; an empty body is an empty object. */
function parseBody(raw: Buffer): unknown {
  if (raw.length === 0) return {} satisfies JsonObject;
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return undefined;
  }
}

const success = ({ data, meta }: ApiResult): Answer => ({ status: 200, body: { data, ...(meta === undefined ? {} : { meta }) } });

function errorAnswer(error: unknown): Answer {
  if (error instanceof BodyTooLarge) return errorAnswer(new ApiError(413, 'ERR_BAD_REQUEST', 'The request is too large.'));
  const { status, code, message, details } = error instanceof ApiError ? error : new ApiError(500, 'ERR_EXCEPTION', String(error));
  return { status, body: { error: { code, message, details } } };
}

function tooMany(waitS: number, reset: number): Answer {
  const answer = errorAnswer(new ApiError(429, 'ERR_TOO_MANY_REQUESTS', 'Too many requests.'));
  return { ...answer, headers: { 'retry-after': String(waitS), 'x-rate-limit-reset': String(reset), 'x-rate-limit-remaining': '0' } };
}

const rateHeaders = (rate: RateCount): Record<string, string> => ({
  'x-rate-limit': String(rate.limit),
  'x-rate-limit-remaining': String(rate.remaining),
});
