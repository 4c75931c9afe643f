import {
  type Role,
  type RoleContext,
  type RunningRole,
  createHttpApp,
  listen,
  listenError,
  mountPage,
  mountPageFiles,
} from '@bridge/runtime';
import type { Express } from 'express';
import { type Access, createAccess } from './access.ts';
import { mountApi } from './api.ts';
import { mountDashboard } from './dashboard.ts';
import { type Feed, createFeed } from './feed.ts';
import { loopbackNamesOnly, neverStored, requireSession, sameOriginWrites } from './guard.ts';
import { mountLogin } from './login.ts';

const off: RunningRole = { notReady: () => [], stop: () => Promise.resolve() };
const loopback = '127.0.0.1';

/** The operator's page, with the BullMQ dashboard under it. */
export const role: Role = {
  name: 'console',
  async start(context) {
    const { console, http, log } = context;
    if (console.password === undefined && console.production) {
      log.warn({}, 'the console is off: set CONSOLE_PASSWORD to have it on CONSOLE_PORT');
      return off;
    }
    const access = createAccess(console);
    const host = access.passwordless ? loopback : http.host;
    const feed = createFeed(context, access);
    const server = await listen(createApp(context, access, feed), { port: console.port, host }).catch((error: unknown) => {
      throw listenError(error, { name: 'CONSOLE_PORT', port: console.port, host });
    });
    log.info({ url: `http://${host}:${server.port}` }, 'the console is open');
    if (!access.passwordless && console.sessionSecret === undefined)
      log.warn({}, 'JWT_SECRET is not set, so everybody logs in to the console again after a restart');
    return {
      notReady: () => [],
      stop: async (graceMs) => {
        feed.close();
        await server.close(graceMs);
      },
    };
  },
};

function createApp(context: RoleContext, access: Access, feed: Feed): Express {
  const { trustProxy } = context.http;
  return createHttpApp({
    log: context.log,
    ...(trustProxy === undefined ? {} : { trustProxy }),
    contentSecurity: { styleSrc: ["'self'"], fontSrc: ["'self'"] },
    elsewhere: 'the console begins at /',
    routes: (app) => {
      app.use(neverStored);
      if (access.passwordless) app.use(loopbackNamesOnly);
      app.use(sameOriginWrites);
      mountLogin(app, access);
      mountPageFiles(app, { module: import.meta.url, styles: ['console.css', 'lists.css', 'narrow.css'] });
      app.use(requireSession(access));
      mountPage(app, { module: import.meta.url });
      mountApi(app, { context, access, feed });
      mountDashboard(app, context);
    },
  });
}
