import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiAnswer, type DiscordBench, ids, startDiscordBench } from '../testing/discord-client.ts';
import { createRateLimits, type LimitedCall } from './rate-limits.ts';

const limitHeaders = ['limit', 'remaining', 'reset', 'reset-after', 'bucket', 'scope'] as const;
const headersOf = ({ headers }: ApiAnswer) => Object.fromEntries(limitHeaders.map((name) => [name, headers.get(`x-ratelimit-${name}`)]));

describe('rate limits over HTTP', () => {
  let bench: DiscordBench;
  const now = 1_800_000_000_000;
  beforeEach(async () => {
    bench = await startDiscordBench({ limits: true, now: () => now });
  });
  afterEach(() => bench.close());
  const send = (room: string = ids.room) => bench.call(`POST /channels/${room}/messages`, { body: { content: 'x' } });

  it('counts down in the headers and refuses the sixth message to a channel', async () => {
    const answers: ApiAnswer[] = [];
    for (let n = 0; n < 6; n += 1) answers.push(await send());
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers.map((answer) => headersOf(answer).remaining)).toEqual(['4', '3', '2', '1', '0', '0']);
    const [first, last] = [answers[0], answers[5]].map((answer) => answer && headersOf(answer));
    expect(first).toMatchObject({ limit: '5', bucket: expect.stringMatching(/^[0-9a-f]{16}$/), scope: null });
    expect(Number(first?.reset)).toBe(now / 1000 + 5);
    expect(last).toMatchObject({ scope: 'user', bucket: first?.bucket });
    const { body, headers } = answers[5] ?? { body: undefined, headers: new Headers() };
    expect(body).toEqual({
      message: 'You are being rate limited.',
      retry_after: expect.closeTo(Number(last?.['reset-after']), 1),
      global: false,
    });
    expect(Number(headers.get('retry-after'))).toBe(Math.ceil(body.retry_after));
    expect(bench.discord.messages(ids.room)).toHaveLength(5);
    expect(bench.discord.invalidRequests).toBe(1);
    expect((await send(ids.other)).status).toBe(200);
    expect((await bench.call(`GET /channels/${ids.room}/messages`)).status).toBe(200);
  });

  it('refuses the sixth post of a webhook in two seconds', async () => {
    const hook = bench.discord.addWebhook({ room: ids.room, name: 'x' });
    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1)
      statuses.push((await bench.call(`POST /webhooks/${hook.id}/${hook.token}`, { body: { content: 'x' }, auth: false })).status);
    expect(statuses).toEqual([204, 204, 204, 204, 204, 429]);
    expect(bench.discord.invalidRequests).toBe(1);
  });

  it('refuses the 31st post of all webhooks of a channel in a minute, which is not held against the bot', async () => {
    const hooks = Array.from({ length: 7 }, (_, n) => bench.discord.addWebhook({ room: ids.room, name: `hook ${n}` }));
    const answers: ApiAnswer[] = [];
    for (let n = 0; n < 31; n += 1) {
      const hook = hooks[n % hooks.length];
      answers.push(await bench.call(`POST /webhooks/${hook?.id}/${hook?.token}`, { body: { content: 'x' }, auth: false }));
    }
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 30 }, () => 204), 429]);
    expect(answers.at(-1)?.body).toMatchObject({
      message: 'The resource is being rate limited.',
      global: false,
      retry_after: expect.any(Number),
    });
    expect(answers.at(-1)?.body.retry_after).toBeGreaterThan(30);
    expect(bench.discord.invalidRequests).toBe(0);
  });
});

describe('rate limits', () => {
  const bucket = { name: 'execute-webhook', limit: 5, windowMs: 2_000 };
  const clock = { now: 1_000_000 };
  const call = (resource: string): LimitedCall => ({ bucket, resource, webhookChannel: 'c1', caller: '127.0.0.1' });

  it('refuse the 51st call of a second to one caller, whatever it is', () => {
    const limits = createRateLimits({ enforced: true, now: () => clock.now });
    const any = { bucket: undefined, resource: '', webhookChannel: undefined };
    for (let n = 0; n < 50; n += 1) expect(limits.take({ ...any, caller: 'bot' }).refusal).toBeUndefined();
    expect(limits.take({ ...any, caller: '127.0.0.1' }).refusal).toBeUndefined();
    const { refusal } = limits.take({ ...any, caller: 'bot' });
    expect(refusal).toMatchObject({
      status: 429,
      headers: { 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' },
      body: { global: true, retry_after: 1 },
    });
    clock.now += 1_000;
    expect(limits.take({ ...any, caller: 'bot' }).refusal).toBeUndefined();
  });

  it('open again when the window ends, and not before', () => {
    const limits = createRateLimits({ enforced: true, now: () => clock.now });
    for (let n = 0; n < 5; n += 1) expect(limits.take(call('w1')).refusal).toBeUndefined();
    clock.now += 1_500;
    expect(limits.take(call('w1')).refusal).toMatchObject({ status: 429, headers: { 'retry-after': '1' }, body: { retry_after: 0.5 } });
    clock.now += 500;
    expect(limits.take(call('w1'))).toMatchObject({ headers: { 'x-ratelimit-remaining': '4', 'x-ratelimit-reset-after': '2.000' } });
  });

  it('have a second one for all webhooks of a channel, that no header tells of', () => {
    const limits = createRateLimits({ enforced: true, now: () => clock.now });
    for (let n = 0; n < 30; n += 1) {
      if (n % 5 === 0) clock.now += 2_000;
      expect(limits.take(call(n % 2 === 0 ? 'w1' : 'w2')).refusal).toBeUndefined();
    }
    clock.now += 2_000;
    const ruling = limits.take(call('w1'));
    expect(ruling.headers['x-ratelimit-remaining']).toBe('4');
    expect(ruling.refusal).toMatchObject({
      status: 429,
      headers: { 'x-ratelimit-scope': 'shared' },
      body: { retry_after: 48, global: false },
    });
  });

  it('never refuse, and always leave some, where they are not enforced', () => {
    const limits = createRateLimits({ enforced: false });
    for (let n = 0; n < 100; n += 1) {
      const { headers, refusal } = limits.take(call('w1'));
      expect(refusal).toBeUndefined();
      expect(headers['x-ratelimit-remaining']).toBe('4');
    }
  });
});
