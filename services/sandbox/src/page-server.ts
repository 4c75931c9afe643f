import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Log } from '@bridge/core';
import { type RunningHttpServer, createHttpApp, listen, themeCss } from '@bridge/runtime';
import type { Express } from 'express';
import { mountApi } from './api.ts';
import type { Feed } from './feed.ts';
import type { World } from './world.ts';

export interface PageOptions {
  readonly world: World;
  readonly feed: Feed;
  readonly log: Log;
  readonly port: number;
}

/** Serves the sandbox page and its API, on loopback only: it has no login. */
export async function startPage({ world, feed, log, port }: PageOptions): Promise<RunningHttpServer> {
  const app = createHttpApp({
    log,
    contentSecurity: { imgSrc: ["'self'", 'data:', 'http://127.0.0.1:*', 'http://localhost:*'] },
    routes: (routes) => {
      mountFiles(routes);
      routes.get('/api/events', (_request, response) => feed.add(response));
      mountApi(routes, world);
    },
  });
  return listen(app, { port, host: '127.0.0.1' });
}

const publicFolder = new URL('../public/', import.meta.url);
const pageFolder = new URL('./page/', import.meta.url);
/** From the sources, scripts are TypeScript and are stripped as they are served. */
const fromSources = import.meta.url.endsWith('.ts');
const scripts = ['main', 'api', 'dom', 'entities', 'journey', 'message', 'pane'];

function mountFiles(app: Express): void {
  app.get('/', async (_request, response) => {
    response.type('html').send(await readFile(new URL('index.html', publicFolder), 'utf8'));
  });
  app.get('/theme.css', (_request, response) => response.sendFile(fileURLToPath(themeCss)));
  app.get('/sandbox.css', (_request, response) => response.sendFile(fileURLToPath(new URL('sandbox.css', publicFolder))));
  for (const name of scripts) {
    app.get([`/page/${name}.js`, `/page/${name}.ts`], async (_request, response) => {
      response.type('text/javascript').send(await script(name));
    });
  }
}

async function script(name: string): Promise<string> {
  const source = await readFile(new URL(`${name}.${fromSources ? 'ts' : 'js'}`, pageFolder), 'utf8');
  return fromSources ? stripTypeScriptTypes(source) : source;
}
