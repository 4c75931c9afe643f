import { sendError } from '@bridge/runtime';
import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';

/** Answers what the function gives as JSON; Redis being away is 503 in words. Faults of ours go to the error handler. */
export function answer<T>(work: (request: Request, response: Response) => Promise<T | undefined>): RequestHandler {
  return async (request, response, next) => {
    try {
      const view = await work(request, response);
      if (view !== undefined && !response.headersSent) response.json(view);
    } catch (error) {
      if (!isRedisAway(error)) return next(error);
      sendError(response, 503, 'redis_away', 'Redis does not answer. Check that it runs and that REDIS_URL is right, then try again.');
    }
  };
}

/** What was asked for, or undefined after the answer 422. */
export function read<T>(schema: z.ZodType<T>, from: unknown, response: Response): T | undefined {
  const parsed = schema.safeParse(from);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  sendError(response, 422, 'invalid', `That cannot be done: ${field === '' ? '' : `${field}: `}${issue?.message ?? 'a field is missing'}.`);
  return undefined;
}

const away =
  /connection|closed|writeable|ECONN|EPIPE|timed out|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|max retries|no answer|did not take/i;

function isRedisAway(error: unknown): boolean {
  return error instanceof Error && away.test(error.message);
}
