import { type Role, createHttpApp, listen } from '@bridge/runtime';
import { mountInfo } from './info.ts';
import { mountStatus } from './status.ts';
import { mountWebhooks } from './webhooks.ts';

/** Takes webhooks in: verify, put on the inbound queue, answer. Nothing else happens before the answer. */
export const role: Role = {
  name: 'ingress',
  async start(context) {
    const app = createHttpApp({
      log: context.log,
      corsOrigins: context.http.corsOrigins,
      ...(context.http.trustProxy === undefined ? {} : { trustProxy: context.http.trustProxy }),
      routes: (routes) => {
        mountWebhooks(routes, context);
        mountStatus(routes, context);
        mountInfo(routes, context);
      },
    });
    const server = await listen(app, context.http).catch((error: unknown) => {
      throw listenError(error, context.http.port);
    });
    context.announce(`webhooks on http://${context.http.host}:${server.port}`);
    return { notReady: () => [], stop: () => server.close() };
  },
};

function listenError(error: unknown, port: number): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return new Error(`PORT ${port} is taken by another program; stop it or set PORT to a free port.`);
  if (code === 'EACCES') return new Error(`PORT ${port} needs more rights than this process has; set PORT to one above 1023.`);
  return error instanceof Error ? error : new Error('The HTTP server did not start.');
}
