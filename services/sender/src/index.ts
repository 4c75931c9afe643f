import type { PlatformId } from '@bridge/core';
import type { Role } from '@bridge/runtime';
import { createDeliver } from './deliver.ts';
import { showTyping } from './typing.ts';

/** Carries deliveries out, in order within each conversation, at most one call at a time there. */
export const role: Role = {
  name: 'sender',
  async start(context) {
    const start = (platform: PlatformId) => context.queues.startSender({ platform, deliver: createDeliver(context, platform) });
    const workers = await Promise.all([...context.platforms.keys()].map(start));
    const stopTyping = showTyping(context);
    return {
      notReady: () => [],
      stop: async (graceMs) => {
        stopTyping();
        await Promise.all(workers.map((worker) => worker.stop(graceMs)));
      },
    };
  },
};
