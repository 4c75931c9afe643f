import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { readBody, sendAnswer } from './answer.ts';
import { createCallLog } from './calls.ts';
import { applyFault, createFaults, faultMiddleware, type FaultAnswers } from './faults.ts';
import { listen, type Listening } from './server.ts';

const answers: FaultAnswers = {
  rateLimit: (fault) => ({ status: 429, body: { wait: fault.retryAfterMs, global: fault.global ?? false } }),
  status: (status) => ({ status, body: { broken: status } }),
};

describe('faults', () => {
  let acted = 0;
  let listening: Listening;
  const faults = createFaults();
  const calls = createCallLog(5);

  beforeEach(async () => {
    acted = 0;
    calls.clear();
    faults.clear();
    faults.latencyMs = 0;
    listening = await listen((request, response) => {
      const handle = async (): Promise<void> => {
        const body = await readBody(request, 1_000);
        const path = request.url ?? '';
        calls.record({ method: request.method ?? '', path, body: body.toString(), headers: request.headers }, response);
        if (!applyFault(faults.take(request.method ?? '', path), faults.latencyMs, { request, response, answers })) return;
        acted += 1;
        sendAnswer(response, { status: 200, body: { ok: true } });
      };
      handle().catch(() => response.destroy());
    });
  });
  afterEach(() => listening.close());

  const post = (path = '/a', signal?: AbortSignal) =>
    fetch(`${listening.url}${path}`, { method: 'POST', body: 'x', ...(signal ? { signal } : {}) });

  it('answers without acting: status, html page, rate limit', async () => {
    faults.add({ fault: { kind: 'status', status: 503 }, times: 1 });
    faults.add({ fault: { kind: 'status', status: 502, html: true }, times: 1 });
    faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 1_500, global: true }, times: 1 });
    const first = await post();
    expect([first.status, await first.json()]).toEqual([503, { broken: 503 }]);
    const second = await post();
    expect(second.status).toBe(502);
    expect(second.headers.get('content-type')).toBe('text/html');
    expect(await second.text()).toContain('502 Bad Gateway');
    expect(await (await post()).json()).toEqual({ wait: 1_500, global: true });
    expect(acted).toBe(0);
    expect((await post()).status).toBe(200);
    expect(acted).toBe(1);
  });

  it('hits a share of the calls, the same ones for the same seed, and counts them', () => {
    const drawn = (seed: number) => {
      const box = createFaults();
      box.add({ fault: { kind: 'reset' }, share: 0.2, seed, match: /^POST / });
      box.add({ fault: { kind: 'hang' }, share: 0.1, seed: seed + 1 });
      const kinds = Array.from({ length: 2_000 }, (_, n) => box.take(n % 2 === 0 ? 'POST' : 'GET', '/a')?.kind);
      return { kinds, hits: box.hits };
    };
    const { kinds, hits } = drawn(7);
    expect(drawn(7).kinds).toEqual(kinds);
    expect(drawn(8).kinds).not.toEqual(kinds);
    const count = (kind: string) => kinds.filter((one) => one === kind).length;
    expect(hits).toEqual({ reset: count('reset'), hang: count('hang') });
    expect(count('reset')).toBeGreaterThan(150);
    expect(count('reset')).toBeLessThan(250);
    expect(kinds.some((kind, n) => kind === 'reset' && n % 2 === 1)).toBe(false);
    expect(count('hang')).toBeGreaterThan(100);
  });

  it('resets before, or after, the request is acted upon', async () => {
    faults.add({ fault: { kind: 'reset' }, times: 1 });
    await expect(post()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(acted).toBe(0);
    faults.add({ fault: { kind: 'accept-then-reset' }, times: 1 });
    await expect(post()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(acted).toBe(1);
    expect(calls.list().map((call) => call.status)).toEqual([undefined, undefined]);
  });

  it('hangs until the caller gives up', async () => {
    faults.add({ fault: { kind: 'hang' } });
    await expect(post('/a', AbortSignal.timeout(80))).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(acted).toBe(0);
  });

  it('delays the answer, not the act, and adds latency to all', async () => {
    faults.add({ fault: { kind: 'delay', delayMs: 2_000 }, times: 1 });
    const startedAt = performance.now();
    const pending = post();
    await eventually(() => acted).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(1_900);
    await pending;
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(115);
    faults.latencyMs = 60;
    const again = performance.now();
    expect(await (await post()).json()).toEqual({ ok: true });
    expect(performance.now() - again).toBeGreaterThanOrEqual(55);
  });

  it('matches METHOD /path; the first rule that matches wins; rules can be taken away', async () => {
    const take = faults.add({ fault: { kind: 'status', status: 500 }, match: /^POST \/b$/g });
    faults.add({ fault: { kind: 'status', status: 501 }, match: /b/ });
    expect((await post('/a')).status).toBe(200);
    expect([(await post('/b')).status, (await post('/b')).status]).toEqual([500, 500]);
    take();
    expect((await post('/b')).status).toBe(501);
    faults.clear();
    expect((await post('/b')).status).toBe(200);
  });

  it('remembers the last calls with body and status', async () => {
    for (let n = 0; n < 7; n += 1) await post(`/${n}`);
    await eventually(() => calls.list().at(-1)?.status).toBe(200);
    expect(calls.list().map((call) => call.path)).toEqual(['/2', '/3', '/4', '/5', '/6']);
    expect(calls.list()[0]).toMatchObject({ method: 'POST', body: 'x' });
  });

  it('closes with connections open', async () => {
    faults.add({ fault: { kind: 'hang' } });
    const pending = post().catch((error: unknown) => error);
    await eventually(() => calls.list().length).toBe(1);
    await listening.close();
    expect(await pending).toBeInstanceOf(Error);
  });
});

describe('fault middleware', () => {
  it('lets a call through, or does not', async () => {
    const box = createFaults();
    const hook = faultMiddleware(box, { answers, pathOf: (request) => request.url ?? '' });
    const listening = await listen((request, response) => hook(request, response, () => sendAnswer(response, { status: 204 })));
    box.add({ fault: { kind: 'status', status: 500 }, match: /^GET \/x$/, times: 1 });
    expect((await fetch(`${listening.url}/x`)).status).toBe(500);
    expect((await fetch(`${listening.url}/x`)).status).toBe(204);
    await listening.close();
  });
});
