import type { Log } from '@bridge/core';
import { type RunningHttpServer, createHttpApp, listen, mountPage, mountPageFiles, sendError } from '@bridge/runtime';
import type { Express } from 'express';
import { mountApi, mountBreaking } from './api.ts';
import type { Breaking } from './breaking.ts';
import type { Feed } from './feed.ts';
import { mountPictures } from './pictures.ts';
import type { World } from './world.ts';

export interface PageOptions {
  readonly world: World;
  readonly feed: Feed;
  readonly breaking: Breaking;
  readonly log: Log;
  readonly port: number;
  /** Loopback where absent: the page has no login. */
  readonly host?: string;
  /** Where the bridge's console listens on this machine; absent where there is none. */
  readonly consolePort?: number;
}

/** Serves the sandbox page and its API. */
export async function startPage(options: PageOptions): Promise<RunningHttpServer> {
  const { world, feed, breaking, log, port, host = '127.0.0.1' } = options;
  const app = createHttpApp({
    log,
    contentSecurity: { imgSrc: ["'self'", 'data:', 'http://127.0.0.1:*', 'http://localhost:*'] },
    routes: (routes) => {
      routes.get('/livez', (_request, response) => response.json({ status: 'alive' }));
      mountPage(routes, { module: import.meta.url });
      mountPageFiles(routes, {
        module: import.meta.url,
        styles: ['sandbox.css', 'messages.css', 'writing.css', 'journey.css', 'breaking.css'],
      });
      mountApi(routes, world);
      mountPictures(routes, world.urls);
      mountBreaking(routes, breaking, feed);
      mountConsoleLink(routes, options.consolePort);
      routes.get('/api/events', (_request, response) => feed.add(response));
    },
  });
  return listen(app, { port, host });
}

/** The page's own link, so that it need not know where the console is. */
function mountConsoleLink(app: Express, port: number | undefined): void {
  app.get('/console', (request, response) => {
    if (port !== undefined) return response.redirect(303, `http://${request.hostname}:${port}/`);
    sendError(response, 404, 'no_console', 'There is no console beside this sandbox; the one that `npm start` opens has one.');
  });
}
