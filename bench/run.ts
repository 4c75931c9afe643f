import { cpus } from 'node:os';
import { startRedis } from '@bridge/testing';
import { bridgeLatency } from './bridge-latency.ts';
import { consoleFirstContent } from './console.ts';
import { hotChannel } from './hot-channel.ts';
import { idleMemory } from './idle-memory.ts';
import { mediaMemory } from './media.ts';
import { type Plain, plainBullmq } from './plain-bullmq.ts';
import { recovery } from './recovery.ts';
import { throughput } from './throughput.ts';
import { webhookAnswers } from './webhook-answers.ts';

/**
 * Measures the bridge on this machine: `node --conditions=source bench/run.ts [name…]`. What users run, built; real processes, a
 * real Redis with `appendfsync always`, the simulators on the same machine. Plain BullMQ comes first in every run, since the
 * same figure means different things on different machines, and at different times on one that is shared.
 */
const benches: Readonly<Record<string, (redisUrl: string, plain: Plain) => Promise<readonly string[]>>> = {
  latency: bridgeLatency,
  webhooks: webhookAnswers,
  throughput,
  memory: idleMemory,
  media: mediaMemory,
  console: consoleFirstContent,
  'hot-channel': hotChannel,
  recovery,
};

/** Each benchmark has a Redis of its own. */
async function withRedis<T>(run: (redisUrl: string) => Promise<T>): Promise<T> {
  const redis = await startRedis({ appendfsync: 'always' });
  try {
    return await run(redis.url);
  } finally {
    await redis.stop();
  }
}

const wanted = process.argv.slice(2);
const chosen = (wanted.length > 0 ? wanted : Object.keys(benches)).map((name) => {
  const bench = benches[name];
  if (!bench) throw new Error(`There is no benchmark ${name}; choose from ${Object.keys(benches).join(', ')}.`);
  return bench;
});
console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node.js ${process.version}, appendfsync always\n`);
const plain = await withRedis(plainBullmq);
console.log(plain.lines.join('\n'));
for (const bench of chosen) {
  const lines = await withRedis((url) => bench(url, plain));
  console.log(lines.join('\n'));
}
