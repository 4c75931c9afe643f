import { type Role, type RoleContext, createHttpApp, listen, listenError, sendError } from '@bridge/runtime';
import type { Express, RequestHandler } from 'express';
import { mountInfo } from './info.ts';
import { mountMedia } from './media.ts';
import { mountStatus } from './status.ts';
import { type Strangers, createStrangers } from './strangers.ts';
import { mountWebhooks, tooManyRefusals } from './webhooks.ts';

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

/** A platform is never refused; a person who sets one up is a few times. */
const refusals = { burst: 60, perMinute: 30 } as const;

function createApp(context: RoleContext): Express {
  const strangers = createStrangers(refusals);
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
      mountWebhooks(app, context, strangers);
      mountStatus(app, context);
      mountMedia(app, context);
      mountInfo(app, context);
      app.use(countUnknown(strangers));
    },
  });
}

/** Whoever asks for what there is not looks for something to break into. */
const countUnknown =
  (strangers: Strangers): RequestHandler =>
  (request, response, next) => {
    const wait = strangers.waitSeconds(request.ip);
    if (wait === 0) {
      strangers.refused(request.ip);
      return next();
    }
    response.setHeader('connection', 'close');
    response.setHeader('retry-after', String(wait));
    sendError(response, 429, ...tooManyRefusals);
  };
