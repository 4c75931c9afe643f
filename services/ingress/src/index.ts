import { type Role, type RoleContext, createHttpApp, listen, listenError } from '@bridge/runtime';
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
      throw listenError(error, { name: 'PORT', ...http });
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
    machines: (app) => mountWebhooks(app, context),
    routes: (app) => {
      mountStatus(app, context);
      mountMedia(app, context);
      mountInfo(app, context);
    },
  });
}
