import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createPigeon, pigeonEvent, setStage } from '@bridge/runtime/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Served, genuine, serve } from './fixtures/served.ts';

const stage = setStage();
const allowed = 60;
const more = 40;
/** Between two refusals that are forgotten. */
const forgottenMs = 2_000;
const wrong = { ...genuine, 'x-ring': 'wrong' };
const turnedAway = { status: 429, body: { error: { code: 'too_many_refusals', message: expect.stringContaining('right secret') } } };

/** Time stands still, so that none is forgotten however long the test takes; answers how it goes on. */
function stopTime(): { pass(ms: number): void } {
  let now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  return { pass: (ms) => void (now += ms) };
}

async function statuses(count: number, ask: () => ReturnType<Served['get']>): Promise<Record<number, number>> {
  const answers: Record<number, number> = {};
  for (let n = 0; n < count; n += 1) {
    const { status } = await ask();
    answers[status] = (answers[status] ?? 0) + 1;
  }
  return answers;
}

test('who comes with a wrong secret again and again is turned away; who has the right one never is, from the same address', async () => {
  const { pass } = stopTime();
  const { post, inbound, metrics } = await serve(stage, { platforms: [createPigeon()] });
  expect(await statuses(allowed + more, () => post('/pigeon', '{}', wrong))).toEqual({ 401: allowed, 429: more });
  const refused = await post('/pigeon', '{}', wrong);
  expect(refused).toMatchObject(turnedAway);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.headers.get('connection')).toBe('close');
  const events = Array.from({ length: 500 }, (_, n) => JSON.stringify(pigeonEvent({ eventKey: `k${n}` })));
  // As platforms do where Redis did not answer in time, while the machine stood still.
  const deliver = async (event: string): ReturnType<typeof post> => {
    const answer = await post('/pigeon', event);
    return answer.status === 503 ? deliver(event) : answer;
  };
  const taken = await Promise.all(events.map((event) => deliver(event)));
  expect(taken.filter(({ status }) => status !== 200)).toEqual([]);
  expect(await inbound('pigeon/loft')).toHaveLength(events.length);
  expect(await metrics()).toContain(`bridge_webhooks_refused_total{platform="pigeon",status="429"} ${more + 1}`);
  pass(forgottenMs);
  expect(await statuses(2, () => post('/pigeon', '{}', wrong))).toEqual({ 401: 1, 429: 1 });
});

test('who looks for what there is not is turned away, and the rest still answers', async () => {
  stopTime();
  const { get, post } = await serve(stage, { platforms: [createPigeon()] });
  expect(await statuses(allowed + more, () => get('/wp-login.php'))).toEqual({ 404: allowed, 429: more });
  expect(await get('/.env')).toMatchObject(turnedAway);
  for (const path of ['/', '/pigeon', '/health', '/livez']) expect((await get(path)).status).toBe(200);
  expect((await post('/pigeon', '{}')).status).toBe(200);
});

test('who is turned away sends no body first', async () => {
  stopTime();
  const { post, url } = await serve(stage, { platforms: [createPigeon()] });
  await statuses(allowed, () => post('/pigeon', '{}', wrong));
  const begun = request(`${url}/pigeon`, { method: 'POST', headers: { ...wrong, 'content-length': '900000' } });
  begun.on('error', () => undefined);
  begun.flushHeaders();
  const [response]: IncomingMessage[] = await once(begun, 'response');
  expect(response?.statusCode).toBe(429);
  begun.destroy();
});

test('behind a proxy that is trusted, each client is one', async () => {
  stopTime();
  const http = { host: '127.0.0.1', port: 0, corsOrigins: [], trustProxy: 'loopback' };
  const { post } = await serve(stage, { platforms: [createPigeon()], http });
  const from = (address: string) => post('/pigeon', '{}', { ...wrong, 'x-forwarded-for': address });
  await statuses(allowed, () => from('192.0.2.1'));
  expect((await from('192.0.2.1')).status).toBe(429);
  expect((await from('192.0.2.2')).status).toBe(401);
});
