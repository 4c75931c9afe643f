import type { Role } from '@bridge/runtime';
import { runCatchUp } from './run-catch-up.ts';
import { runSource } from './run-source.ts';

/**
 * Holds the connections that bring events in: Discord's gateway, Telegram's polling; and looks for what webhooks missed.
 * Any number of gateways may run; per platform one of them does it, the others stand by and take over when it goes.
 */
export const role: Role = {
  name: 'gateway',
  async start(context) {
    const stopping = new AbortController();
    const sources = [...context.platforms].flatMap(([id, { instance }]) => (instance.stream ? [{ id, stream: instance.stream }] : []));
    const running = sources.map((source) => runSource({ ...source, context, signal: stopping.signal }));
    const catchingUp = [...context.platforms].map(
      ([
        id,
        {
          instance: { catchUp },
        },
      ]) => (catchUp ? runCatchUp({ id, catchUp, context, signal: stopping.signal }) : undefined),
    );
    return {
      notReady: () => running.flatMap((source) => source.notReady()),
      stop: async () => {
        stopping.abort();
        await Promise.all([...running.map((source) => source.done), ...catchingUp]);
      },
    };
  },
};
