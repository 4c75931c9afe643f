import type { Log } from '@bridge/core';
import { type RunningHttpServer, createHttpApp, listen, mountPage, mountPageFiles } from '@bridge/runtime';
import { mountApi, mountBreaking } from './api.ts';
import type { Breaking } from './breaking.ts';
import type { Feed } from './feed.ts';
import type { World } from './world.ts';

export interface PageOptions {
  readonly world: World;
  readonly feed: Feed;
  readonly breaking: Breaking;
  readonly log: Log;
  readonly port: number;
}

/** Serves the sandbox page and its API, on loopback only: it has no login. */
export async function startPage({ world, feed, breaking, log, port }: PageOptions): Promise<RunningHttpServer> {
  const app = createHttpApp({
    log,
    contentSecurity: { imgSrc: ["'self'", 'data:', 'http://127.0.0.1:*', 'http://localhost:*'] },
    routes: (routes) => {
      mountPage(routes, { module: import.meta.url });
      mountPageFiles(routes, { module: import.meta.url, styles: ['sandbox.css'] });
      mountApi(routes, world);
      mountBreaking(routes, breaking, feed);
      routes.get('/api/events', (_request, response) => feed.add(response));
    },
  });
  return listen(app, { port, host: '127.0.0.1' });
}
