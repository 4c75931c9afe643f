import type { Finding, PlatformId } from '@bridge/core';
import { type ActivePlatform, type ExaminedPart, type RoleContext, sendError } from '@bridge/runtime';
import type { Request, Response } from 'express';
import type { FindingView } from './protocol.ts';

/** One look at a time: the platforms count what we ask, and several people may press the button. */
const underWay = new WeakSet<RoleContext>();

/** Looks at everything the bridge depends on and answers each finding as a line of JSON, as soon as it is there. */
export async function runDoctor(context: RoleContext, request: Request, response: Response): Promise<void> {
  if (underWay.has(context)) return sendError(response, 409, 'under_way', 'Somebody is checking at this moment. Wait for half a minute.');
  underWay.add(context);
  const leaving = new AbortController();
  response.on('close', () => leaving.abort());
  try {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    response.flushHeaders();
    for await (const { title, findings } of examinedBy(context, leaving.signal)) {
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

function examinedBy(context: RoleContext, signal: AbortSignal): AsyncIterable<ExaminedPart> {
  const { examine } = context.console;
  return examine === undefined ? examinePlatforms(context, signal) : examine(context.bridges.list(), signal);
}

/** One that takes longer counts as not answering. */
const patienceMs = 30_000;

/** The platforms alone, through what this process uses of them anyway. */
async function* examinePlatforms(context: RoleContext, signal: AbortSignal): AsyncGenerator<ExaminedPart> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const looks = [...context.configured].map(([id, active]) => look(context, { id, active, signal: limited }));
  for (const one of looks) yield await one;
}

interface Looking {
  readonly id: PlatformId;
  readonly active: ActivePlatform;
  readonly signal: AbortSignal;
}

async function look(context: RoleContext, { id, active, signal }: Looking): Promise<ExaminedPart> {
  const { displayName: title } = active.platform;
  const rooms = context.bridges
    .list()
    .filter(({ enabled }) => enabled)
    .flatMap(({ members }) => members);
  const conversations = [...new Set(rooms.filter(({ platform }) => platform === id).map(({ conversation }) => conversation))];
  const { publicUrl } = context;
  const findings: Finding[] = [];
  try {
    const lastIn = (await context.flow.platforms([id])).get(id)?.lastIn;
    const lastReceived = lastIn === undefined ? {} : { lastReceivedAt: lastIn };
    const about = { conversations, signal, ...lastReceived, ...(publicUrl === undefined ? {} : { publicUrl }) };
    for await (const finding of active.instance.doctor?.(about) ?? []) findings.push(finding);
    return { title, findings };
  } catch (error) {
    context.log.warn({ platform: id, err: error }, 'a platform could not be looked at');
    const failed = {
      check: 'look',
      status: 'fail',
      detail: 'Looking at it failed; the log says why.',
      fix: 'Try again; report it if it stays so.',
    } as const;
    return { title, findings: [...findings, failed] };
  }
}
