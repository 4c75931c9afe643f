import { type BackendFactory, type RedisQueueBackend, createRedisBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import { runScript } from './scripts.ts';

/**
 * BullMQ's own backend, less restless. Whoever takes a job sets the marker that wakes the next waiting worker, also when no
 * further job waits; that one then asks for nothing, for every single message: two more round trips, one of them with an
 * fsync. So a script right behind takes the marker back when there is nothing to wake anybody for. BullMQ sets it again
 * whenever it adds a job, and both are scripts, so none is overlooked.
 */
export const quietBackend =
  (redis: Redis): BackendFactory<RedisQueueBackend> =>
  (name, opts, options) => {
    const backend = createRedisBackend(name, opts, options);
    const execCommand = backend.execCommand.bind(backend);
    const keys = ['wait', 'prioritized', 'marker'].map((key) => backend.toKey(key));
    backend.execCommand = (client, command, args) => {
      const answer: unknown = execCommand(client, command, args);
      // A marker that stays because this one failed costs two round trips and nothing else.
      if (command === 'moveToActive') runScript(redis, 'quiet', { keys, args: [] }).catch(() => undefined);
      return answer;
    };
    return backend;
  };
