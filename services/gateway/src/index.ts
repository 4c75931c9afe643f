import type { Role } from '@bridge/runtime';
import { runSource } from './run-source.ts';

/**
 * Holds the connections that bring events in: Discord's gateway, Telegram's polling. Any number of gateways may run;
 * per platform one of them holds the connection, the others stand by and take over when it goes.
 */
export const role: Role = {
  name: 'gateway',
  async start(context) {
    const stopping = new AbortController();
    const sources = [...context.platforms].flatMap(([id, { instance }]) => (instance.stream ? [{ id, stream: instance.stream }] : []));
    const running = sources.map((source) => runSource({ ...source, context, signal: stopping.signal }));
    return {
      notReady: () => running.flatMap((source) => source.notReady()),
      stop: async () => {
        stopping.abort();
        await Promise.all(running.map((source) => source.done));
      },
    };
  },
};
