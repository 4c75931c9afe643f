import { cpus } from 'node:os';
import { startRedis } from '@bridge/testing';
import { bridgeLatency } from './bridge-latency.ts';
import { consoleFirstContent } from './console.ts';
import { idleMemory } from './idle-memory.ts';
import { plainBullmq } from './plain-bullmq.ts';
import { throughput } from './throughput.ts';
import { webhookAnswers } from './webhook-answers.ts';

/**
 * Measures the bridge on this machine: `node --conditions=source bench/run.ts [name…]`. Real processes, a real Redis with
 * `appendfsync always`, the simulators on the same machine. Beside the bridge's figures stands what plain BullMQ does with
 * three hops here, since the same figure means different things on different machines.
 */
const benches: Readonly<Record<string, (redisUrl: string) => Promise<readonly string[]>>> = {
  'plain-bullmq': plainBullmq,
  latency: bridgeLatency,
  webhooks: webhookAnswers,
  throughput,
  memory: idleMemory,
  console: consoleFirstContent,
};

const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(benches);
console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node.js ${process.version}, appendfsync always\n`);
for (const name of names) {
  const bench = benches[name];
  if (!bench) throw new Error(`There is no benchmark ${name}; choose from ${Object.keys(benches).join(', ')}.`);
  const redis = await startRedis({ appendfsync: 'always' });
  for (const line of await bench(redis.url)) console.log(line);
  await redis.stop();
}
