import { type HttpSettings, type Role, type RoleContext, createHttpApp, listen } from '@bridge/runtime';
import type { Express } from 'express';
import { mountInfo } from './info.ts';
import { mountMedia } from './media.ts';
import { mountStatus } from './status.ts';
import { mountWebhooks } from './webhooks.ts';

/** Takes webhooks in: verify, put on the inbound queue, answer. Nothing else happens before the answer. */
export const role: Role = {
  name: 'ingress',
  async start(context) {
    const { http, log } = context;
    const server = await listen(createApp(context), http).catch((error: unknown) => {
      throw listenError(error, http);
    });
    log.info({ url: `http://${http.host}:${server.port}`, publicUrl: context.publicUrl?.href }, 'webhooks can come');
    return { notReady: () => [], stop: (graceMs) => server.close(graceMs) };
  },
};

function createApp(context: RoleContext): Express {
  const { corsOrigins, trustProxy } = context.http;
  const paths = [...context.platforms].map(([id, { instance }]) => ({ id, path: instance.webhook?.path }));
  return createHttpApp({
    log: context.log,
    corsOrigins,
    ...(trustProxy === undefined ? {} : { trustProxy }),
    onError: (at, status) => {
      const platform = paths.find(({ path }) => path === at)?.id;
      if (platform !== undefined) context.metrics.refused.inc({ platform, status: String(status) });
    },
    routes: (app) => {
      mountWebhooks(app, context);
      mountStatus(app, context);
      mountMedia(app, context);
      mountInfo(app, context);
    },
  });
}

function listenError(error: unknown, { port, host }: HttpSettings): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return new Error(`PORT ${port} is taken by another program; stop it or set PORT to a free port.`);
  if (code === 'EACCES') return new Error(`PORT ${port} needs more rights than this process has; set PORT to one above 1023.`);
  if (code === 'EADDRNOTAVAIL')
    return new Error(`BIND_ADDRESS ${host} is no address of this machine; use one that is, or 0.0.0.0 for all.`);
  return error instanceof Error ? error : new Error('The HTTP server did not start.');
}
