import type { Log } from '@bridge/core';
import { type RunningHttpServer, createHttpApp, listen, mountPage, mountPageFiles } from '@bridge/runtime';
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
}

/** Serves the sandbox page and its API. */
export async function startPage({ world, feed, breaking, log, port, host = '127.0.0.1' }: PageOptions): Promise<RunningHttpServer> {
  const app = createHttpApp({
    log,
    contentSecurity: { imgSrc: ["'self'", 'data:', 'http://127.0.0.1:*', 'http://localhost:*'] },
    routes: (routes) => {
      routes.get('/livez', (_request, response) => response.json({ status: 'alive' }));
      mountPage(routes, { module: import.meta.url });
      mountPageFiles(routes, { module: import.meta.url, styles: ['sandbox.css'] });
      mountApi(routes, world);
      mountPictures(routes, world.urls);
      mountBreaking(routes, breaking, feed);
      routes.get('/api/events', (_request, response) => feed.add(response));
    },
  });
  return listen(app, { port, host });
}
