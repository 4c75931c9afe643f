import type { Role } from '@bridge/runtime';
import type { AlbumPatience } from './gather.ts';
import { createRoute } from './route.ts';

/** Turns each accepted event into deliveries, in one transaction with taking it off the inbound queue. */
export const role: Role = createRouter();

/** A router that waits for the parts of an album as long as is said; as long as usual where nothing is. */
export function createRouter(albums?: AlbumPatience): Role {
  return {
    name: 'router',
    async start(context) {
      const worker = await context.queues.startRouter({ route: createRoute(context, albums) });
      return { notReady: () => [], stop: (graceMs) => worker.stop(graceMs) };
    },
  };
}
