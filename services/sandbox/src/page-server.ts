import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Log } from '@bridge/core';
import { type RunningHttpServer, createHttpApp, listen, themeCss } from '@bridge/runtime';
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
}

/** Serves the sandbox page and its API. */
export async function startPage({ world, feed, breaking, log, port, host = '127.0.0.1' }: PageOptions): Promise<RunningHttpServer> {
  const app = createHttpApp({
    log,
    contentSecurity: { imgSrc: ["'self'", 'data:', 'http://127.0.0.1:*', 'http://localhost:*'] },
    routes: (routes) => {
      routes.get('/livez', (_request, response) => response.json({ status: 'alive' }));
      mountFiles(routes);
      mountApi(routes, world);
      mountPictures(routes, world.urls);
      mountBreaking(routes, breaking, feed);
      routes.get('/api/events', (_request, response) => feed.add(response));
    },
  });
  return listen(app, { port, host });
}

const publicFolder = new URL('../public/', import.meta.url);
const pageFolder = new URL('./page/', import.meta.url);
/** From the sources, scripts are TypeScript and are stripped as they are served. */
const fromSources = import.meta.url.endsWith('.ts');

function mountFiles(app: Express): void {
  app.get('/', async (_request, response) => {
    response.type('html').send(await readFile(new URL('index.html', publicFolder), 'utf8'));
  });
  app.get('/theme.css', (_request, response) => response.sendFile(fileURLToPath(themeCss)));
  app.get('/sandbox.css', (_request, response) => response.sendFile(fileURLToPath(new URL('sandbox.css', publicFolder))));
  // Scripts import one another by the name they have here: `.ts` from the sources, `.js` built.
  app.get(/^\/page\/([a-z-]+)\.(?:js|ts)$/, async (request, response, next) => {
    const code = await script(request.params[0] ?? '');
    if (code === undefined) next();
    else response.type('text/javascript').send(code);
  });
}

async function script(name: string): Promise<string | undefined> {
  const file = new URL(`${name}.${fromSources ? 'ts' : 'js'}`, pageFolder);
  if (!existsSync(file)) return undefined;
  const source = await readFile(file, 'utf8');
  if (!fromSources) return source;
  // Experimental in Node.js, so what is built does without.
  const { stripTypeScriptTypes } = await import('node:module');
  return stripTypeScriptTypes(source);
}
