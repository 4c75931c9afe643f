import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault, FaultRule, Faults } from '../types.ts';
import { sendAnswer, type Answer } from './answer.ts';
import { seededRandom } from './random.ts';

/** `Faults` with the side that a simulator's server uses. */
export interface FaultBox extends Faults {
  /** The fault for this call, if a rule matches; counts the rule down. `path` is without host, token and query. */
  take(method: string, path: string): Fault | undefined;
}

/** How a platform words its own errors; a fault with `html` never gets here. */
export interface FaultAnswers {
  rateLimit(fault: Extract<Fault, { kind: 'rate-limit' }>): Answer;
  status(status: number): Answer;
}

/** One call that a fault may be applied to. The body must have been read already, or `hang` keeps the client sending. */
export interface FaultExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly answers: FaultAnswers;
}

interface Entry {
  readonly rule: FaultRule;
  left: number;
  /** Draws whether a matching call is hit. */
  readonly hits: () => boolean;
}

/** Rules in the order they were added; the first that matches wins. */
export function createFaults(): FaultBox {
  const rules = new Set<Entry>();
  const counts: Partial<Record<Fault['kind'], number>> = {};
  return {
    latencyMs: 0,
    add(rule) {
      const entry = { rule, left: rule.times ?? Infinity, hits: lottery(rule) };
      rules.add(entry);
      return () => void rules.delete(entry);
    },
    clear: () => rules.clear(),
    get hits() {
      return { ...counts };
    },
    take(method, path) {
      if (rules.size === 0) return undefined;
      const call = `${method} ${path}`;
      for (const entry of rules) {
        // A sticky or global expression keeps a position between tests, and would match every other call.
        if (entry.rule.match) entry.rule.match.lastIndex = 0;
        if (entry.rule.match && !entry.rule.match.test(call)) continue;
        if (!entry.hits()) continue;
        if (--entry.left <= 0) rules.delete(entry);
        const { fault } = entry.rule;
        counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
        return fault;
      }
      return undefined;
    },
  };
}

function lottery({ share, seed }: FaultRule): () => boolean {
  if (share === undefined) return () => true;
  const random = seed === undefined ? Math.random : seededRandom(seed);
  return () => random() < share;
}

/**
 * Applies a fault, and the latency that every answer has. Returns true when the request is to be acted upon; the
 * handler then answers as always, by one `response.end`, and what leaves the machine is the fault's business.
 */
export function applyFault(fault: Fault | undefined, latencyMs: number, exchange: FaultExchange): boolean {
  const { response, answers } = exchange;
  if (latencyMs > 0) delayEnd(response, latencyMs);
  if (fault === undefined) return true;
  switch (fault.kind) {
    case 'status':
      sendAnswer(response, fault.html === true ? htmlError(fault.status) : answers.status(fault.status));
      return false;
    case 'rate-limit':
      sendAnswer(response, answers.rateLimit(fault));
      return false;
    case 'reset':
      resetConnection(exchange.request);
      return false;
    case 'hang':
      return false;
    case 'accept-then-reset':
      resetInsteadOfEnd(exchange);
      return true;
    case 'delay':
      delayEnd(response, fault.delayMs);
      return true;
    default: {
      const never: never = fault;
      return never;
    }
  }
}

/**
 * The same as a connect or express middleware, to be put behind the body parser. `pathOf` gives the path without
 * host, token and query.
 */
export function faultMiddleware(box: FaultBox, options: { readonly answers: FaultAnswers; pathOf(request: IncomingMessage): string }) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const fault = box.take(request.method ?? 'GET', options.pathOf(request));
    if (applyFault(fault, box.latencyMs, { request, response, answers: options.answers })) next();
  };
}

/** Sends a TCP reset where the system has one, so that the client sees ECONNRESET and not an orderly end. */
function resetConnection(request: IncomingMessage): void {
  request.socket.resetAndDestroy();
}

function resetInsteadOfEnd({ request, response }: FaultExchange): void {
  response.end = () => {
    resetConnection(request);
    return response;
  };
}

function delayEnd(response: ServerResponse, delayMs: number): void {
  const end = response.end.bind(response);
  response.end = (chunk?: unknown) => {
    setTimeout(() => {
      if (!response.destroyed) end(chunk);
    }, delayMs);
    return response;
  };
}

/** What a proxy in front of a platform says when the platform does not: a page, not JSON. */
function htmlError(status: number): Answer {
  const title = `${status} ${status === 502 ? 'Bad Gateway' : status === 503 ? 'Service Temporarily Unavailable' : 'Error'}`;
  const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: { 'content-type': 'text/html' }, body: page };
}
