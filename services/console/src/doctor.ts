import { type RoleContext, sendError } from '@bridge/runtime';
import type { Request, Response } from 'express';
import type { FindingView } from './protocol.ts';

/** One look at a time: the platforms count what we ask, and several people may press the button. */
const underWay = new WeakSet<RoleContext>();

/** Looks at everything the bridge depends on and answers each finding as a line of JSON, as soon as it is there. */
export async function runDoctor(context: RoleContext, request: Request, response: Response): Promise<void> {
  const { examine } = context.console;
  if (examine === undefined) return sendError(response, 404, 'no_doctor', 'There are no checks to run here; use `npx bridge doctor`.');
  if (underWay.has(context)) return sendError(response, 409, 'under_way', 'Somebody is checking at this moment. Wait for half a minute.');
  underWay.add(context);
  const leaving = new AbortController();
  response.on('close', () => leaving.abort());
  try {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    response.flushHeaders();
    for await (const { title, findings } of examine(context.bridges.list(), leaving.signal)) {
      if (request.destroyed || leaving.signal.aborted) return;
      for (const finding of findings) {
        const view: FindingView = { about: title, ...finding };
        response.write(`${JSON.stringify(view)}\n`);
      }
    }
  } catch (error) {
    context.log.warn({ err: error }, 'the checks were cut off');
    response.destroy();
    return;
  } finally {
    underWay.delete(context);
  }
  response.end();
}
