import { type RoleContext, type Snapshot, createSnapshots } from '@bridge/runtime';
import type { Request, Response } from 'express';
import type { Access } from './access.ts';
import { recentJourneys } from './journey-views.ts';
import { overviewOf } from './overview.ts';
import type { JourneyView, OverviewView, ServerEvent } from './protocol.ts';

/** The pages that watch, and what they are told. */
export interface Feed {
  /** Adds a page: it gets the state at once, then whatever changes, until its connection closes or its session ends. */
  add(request: Request, response: Response): Promise<void>;
  close(): void;
}

const everyMs = 2_000;
/** Proxies close what is silent for a minute. */
const silenceMs = 20_000;
/** A page that has this many bytes still to read has stopped reading; it connects again and gets the state. */
const maxBacklog = 1_000_000;
const recentSteps = 120;
const recentEvents = 12;

/** Looks at Redis only while a page watches, once for all of them. */
export function createFeed(context: RoleContext, access: Access): Feed {
  const pages = new Map<Response, Request>();
  const snapshot = createSnapshots(context);
  let last = new Map<ServerEvent['kind'], string>();
  let toldAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  const tell = (line: string) => {
    for (const [page, request] of pages) {
      if (page.writableLength > maxBacklog || !access.isLoggedIn(request)) page.destroy();
      else page.write(line);
    }
  };
  const tick = async () => {
    if (looking) return;
    looking = true;
    try {
      const lines = changed(last, await look(context, snapshot));
      if (lines === '' && Date.now() - toldAt < silenceMs) return;
      toldAt = Date.now();
      tell(lines === '' ? encode({ kind: 'alive' }) : lines);
    } finally {
      looking = false;
    }
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    last = new Map();
  };
  return {
    add: async (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      response.write('retry: 1000\n\n');
      response.on('close', () => {
        pages.delete(response);
        if (pages.size === 0) stop();
      });
      // A fresh look for this page alone; those that watch already hear of it when it is something new.
      for (const event of await look(context, snapshot)) response.write(encode(event));
      if (response.closed) return;
      pages.set(response, request);
      timer ??= setInterval(() => void tick(), everyMs);
      timer.unref();
    },
    close: () => {
      stop();
      for (const page of pages.keys()) page.end();
      pages.clear();
    },
  };
}

async function look(context: RoleContext, snapshot: () => Promise<Snapshot>): Promise<readonly ServerEvent[]> {
  const now = await snapshot();
  const overview: OverviewView = await overviewOf(context, now);
  const journeys = now.redis ? await recent(context) : undefined;
  return [{ kind: 'overview', overview }, ...(journeys === undefined ? [] : [{ kind: 'recent' as const, journeys }])];
}

async function recent({ journeys, known, log }: RoleContext): Promise<readonly JourneyView[] | undefined> {
  try {
    return recentJourneys(known, await journeys.recent(recentSteps), recentEvents);
  } catch (error) {
    log.debug({ err: error }, 'the last journeys could not be read');
    return undefined;
  }
}

/** The lines of the events that say something new; remembers them. */
function changed(last: Map<ServerEvent['kind'], string>, events: readonly ServerEvent[]): string {
  const lines = events.map((event) => ({ kind: event.kind, line: encode(event) })).filter(({ kind, line }) => last.get(kind) !== line);
  for (const { kind, line } of lines) last.set(kind, line);
  return lines.map(({ line }) => line).join('');
}

const encode = (event: ServerEvent): string => `data: ${JSON.stringify(event)}\n\n`;
