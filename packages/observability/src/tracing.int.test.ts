import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DeliveryError } from '@bridge/core';
import { startTraceCollector } from '@bridge/testing/trace-collector';
import { type TestContext, describe, expect, test, vi } from 'vitest';
import { createLogger } from './logger.ts';
import { inSpan, startTracing } from './tracing.ts';

const secret = 'seven-seals-of-it';
const quick = { OTEL_BSP_SCHEDULE_DELAY: '20' };

async function start({ onTestFinished }: TestContext, env: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const { log } = await createLogger({ level: 'info', secrets: [], write: (line) => void lines.push(line) });
  const names = Object.keys(env);
  const tracing = await startTracing(env, { version: '1.2.3', roles: ['router', 'sender'], secrets: [secret], log });
  onTestFinished(async () => {
    await tracing.stop(2_000);
    // The library reads them there, and so did the test before.
    for (const name of names) Reflect.deleteProperty(process.env, name);
  });
  return { tracing, lines, log };
}

async function collector({ onTestFinished }: TestContext, status = 200) {
  const started = await startTraceCollector(status);
  onTestFinished(() => started.close());
  return { ...started, env: { ...quick, OTEL_EXPORTER_OTLP_ENDPOINT: started.url } };
}

const call = { name: 'call send', kind: 'client' } as const;

describe('a span', () => {
  test('is sent with its attributes, its parent and the process that it is from', async (context) => {
    const { spans, env } = await collector(context);
    const { tracing } = await start(context, { ...env, OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=attic' });
    const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const traceparent = await inSpan({ name: 'deliver raven', kind: 'consumer', parent, attributes: { attempt: 2 } }, (span) =>
      inSpan(call, async (inner) => {
        span.set({ outcome: 'delivered' });
        return inner.traceparent;
      }),
    );
    await tracing.stop(10_000);
    const [inner, outer] = spans;
    expect(traceparent).toBe(`00-${'a'.repeat(32)}-${inner?.spanId}-01`);
    expect([outer, inner]).toMatchObject([
      { traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16), kind: 5, attributes: { attempt: 2, outcome: 'delivered' } },
      { name: 'call send', traceId: 'a'.repeat(32), parentSpanId: outer?.spanId, kind: 3 },
    ]);
    expect(outer?.resource).toMatchObject({
      'service.name': 'cometchat-integrations',
      'service.version': '1.2.3',
      'process.pid': process.pid,
      'bridge.roles': 'router,sender',
      'deployment.environment': 'attic',
    });
  });

  test('is named in every line that is logged while it is open, and in no other', async (context) => {
    const { env } = await collector(context);
    const { lines, log } = await start(context, env);
    const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    log.info({}, 'before');
    await inSpan({ name: 'deliver raven', kind: 'consumer', parent }, async () => {
      await inSpan(call, () => Promise.resolve());
      log.info({ delivery: 'd1' }, 'within');
    });
    log.info({}, 'after');
    const [before, within, after] = lines.map((line): Record<string, unknown> => JSON.parse(line));
    expect(within).toMatchObject({ delivery: 'd1', trace_id: 'a'.repeat(32), span_id: expect.stringMatching(/^[\da-f]{16}$/) });
    expect([before, after].map((line) => line !== undefined && 'trace_id' in line)).toEqual([false, false]);
  });

  test('of what throws is failed, in our own words only, and never with a secret', async (context) => {
    const { spans, bodies, env } = await collector(context);
    const { tracing } = await start(context, env);
    const own = new DeliveryError(`Telegram refused ${secret}; set another.`, { kind: 'transient' });
    const foreign = new TypeError('GET https://example.org/bot-token failed');
    await expect(inSpan(call, () => Promise.reject(own))).rejects.toBe(own);
    await expect(inSpan(call, () => Promise.reject(foreign))).rejects.toBe(foreign);
    await tracing.stop(10_000);
    expect(spans).toMatchObject([
      { status: { code: 2, message: 'Telegram refused [secret]; set another.' }, attributes: { 'error.type': 'DeliveryError' } },
      { status: { code: 2 }, attributes: { 'error.type': 'TypeError' } },
    ]);
    expect(bodies.join('')).not.toMatch(/seven-seals|example\.org/);
  });

  test('that the sampler leaves out leaves out what follows in other processes too', async (context) => {
    const { spans, env } = await collector(context);
    const { tracing } = await start(context, { ...env, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    const parent = await inSpan({ name: 'receive pigeon', kind: 'server' }, async ({ traceparent }) => traceparent);
    expect(parent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    const recorded = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await inSpan({ name: 'left out', kind: 'consumer', parent }, () => Promise.resolve());
    await inSpan({ name: 'recorded', kind: 'consumer', parent: recorded }, () => Promise.resolve());
    await tracing.stop(10_000);
    expect(spans.map(({ name }) => name)).toEqual(['recorded']);
  });
});

test('a collector that refuses is told of once, without its address', async (context) => {
  const { bodies, url, env } = await collector(context, 400);
  const { tracing, lines } = await start(context, env);
  for (const sent of [1, 2]) {
    await inSpan(call, () => Promise.resolve());
    await vi.waitFor(() => expect(bodies.length).toBe(sent), { timeout: 30_000, interval: 10 });
  }
  await tracing.stop(10_000);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/"warn".*OTEL_EXPORTER_OTLP_ENDPOINT/);
  expect(lines[0]).not.toContain(new URL(url).host);
});

describe('without a collector', () => {
  test.each([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_EXPORTER: 'none' },
  ])('nothing is recorded: %o', async (env) => {
    const { log } = await createLogger({ level: 'info', secrets: [], write: () => undefined });
    const tracing = await startTracing(env, { version: '1', roles: [], secrets: [], log });
    expect(tracing.on).toBe(false);
    expect(await inSpan(call, async ({ traceparent }) => ({ traceparent }))).toEqual({ traceparent: undefined });
  });

  test.each([
    ['{}', 'nothing of the library'],
    ['{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" }', 'it'],
  ])('with %s a process loads %s', async (env, what) => {
    // The library of the metrics loads the API by itself, which is small.
    const program = `
      import { Module } from 'node:module';
      import { inSpan, startTracing } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      const tracing = await startTracing(${env}, { version: '1', roles: [], secrets: [], log: console });
      await inSpan({ name: 'x', kind: 'server' }, async () => undefined);
      console.log(Object.keys(Module._cache).filter((file) => /@opentelemetry.(?!api.)/.test(file)).length);
      process.exit();
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', '--input-type=module', '--eval', program]);
    if (what === 'it') expect(Number(stdout)).toBeGreaterThan(0);
    else expect(Number(stdout)).toBe(0);
  });
});
