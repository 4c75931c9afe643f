import type { Role } from '@bridge/runtime';
import { createRoute } from './route.ts';

/** Turns each accepted event into deliveries, in one transaction with taking it off the inbound queue. */
export const role: Role = {
  name: 'router',
  async start(context) {
    const worker = await context.queues.startRouter({ route: createRoute(context) });
    return { notReady: () => [], stop: (graceMs) => worker.stop(graceMs) };
  },
};
