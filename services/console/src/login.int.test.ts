import { bridgeOf, createPigeon, setStage } from '@bridge/runtime/testing';
import { hashPassword } from '@bridge/runtime';
import { describe, expect, test } from 'vitest';
import { logIn, openConsole, password, withPassword, withoutPassword } from './fixtures/opened.ts';
import { role } from './index.ts';

const stage = setStage();
const refusal = async (response: Response) => [response.status, await response.json()];

describe('without a password', () => {
  test('the console is off in production, and the log says how to have it', async () => {
    const { context, lines } = await stage.open({ console: withoutPassword({ production: true }) });
    const running = await role.start(context);
    expect(lines).toMatchObject([{ level: 'warn', msg: expect.stringContaining('set CONSOLE_PASSWORD') }]);
    expect(running.notReady()).toEqual([]);
    await running.stop(100);
  });

  test('elsewhere it is open on loopback only, under names of loopback only', async () => {
    const opened = await openConsole(stage, { http: { host: '0.0.0.0', port: 0, corsOrigins: [] } });
    expect(opened.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect((await opened.ask('/')).status).toBe(200);
    expect((await opened.ask('/api/about')).status).toBe(200);
  });
});

describe('with a password', () => {
  test('nothing is told before the login: people get the login page, programs a sentence', async () => {
    const opened = await openConsole(stage, { console: withPassword() });
    const page = await opened.ask('/', { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('location')]).toEqual([303, '/login']);
    for (const path of ['/api/about', '/api/events', '/api/dead/groups', '/api/configuration', '/bullmq/api/queues', '/nowhere']) {
      expect(await refusal(await opened.ask(path))).toEqual([
        401,
        { error: { code: 'not_logged_in', message: expect.stringContaining('Log in first') } },
      ]);
    }
    const login = await opened.ask('/login');
    expect([login.status, login.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await opened.ask('/console.css')).status).toBe(200);
  });

  test('the right one opens everything, with a cookie that no script and no other site sees', async () => {
    const opened = await openConsole(stage, { console: withPassword() });
    const { response, cookie } = await logIn(opened);
    expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
    const attributes = response.headers.get('set-cookie') ?? '';
    expect(attributes).toMatch(/HttpOnly/);
    expect(attributes).toMatch(/SameSite=Strict/);
    expect(attributes).not.toMatch(/Secure/);
    for (const path of ['/', '/api/about', '/bullmq/', '/bullmq/api/queues'])
      expect((await opened.ask(path, { headers: { cookie } })).status).toBe(200);
    expect((await opened.ask('/login', { headers: { cookie } })).headers.get('location')).toBe('/');
  });

  test('behind https the cookie never leaves it', async () => {
    const opened = await openConsole(stage, { console: withPassword() });
    const { response } = await logIn(opened, password, { origin: 'https://console.example' });
    expect(response.headers.get('set-cookie')).toMatch(/; Secure/);
  });

  test('its hash does as well as the password itself', async () => {
    const opened = await openConsole(stage, { console: withPassword({ password: await hashPassword(password) }) });
    expect((await logIn(opened)).response.status).toBe(303);
    expect((await logIn(opened, 'wrong')).response.status).toBe(401);
  });

  test('a wrong one is refused in a sentence, and the sixth is not even tried', async () => {
    const opened = await openConsole(stage, { console: withPassword() });
    for (let n = 0; n < 5; n += 1) {
      const { response, cookie } = await logIn(opened, `wrong ${n}`);
      expect([response.status, cookie]).toEqual([401, '']);
      expect(await response.text()).toContain('That is not the password.');
    }
    const { response } = await logIn(opened);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.text()).toMatch(/Too many tries\. Wait \d+ s/);
  });

  test.each(['', 'a'.repeat(2_000)])('what cannot be a password is 422', async (typed) => {
    expect((await logIn(await openConsole(stage, { console: withPassword() }), typed)).response.status).toBe(422);
  });

  test('logging out ends the session for good, not only in this browser', async () => {
    const opened = await openConsole(stage, { console: withPassword() });
    const { cookie } = await logIn(opened);
    const out = await opened.post('/logout', '', { cookie });
    expect([out.status, out.headers.get('location')]).toEqual([303, '/login']);
    expect((await opened.ask('/api/about', { headers: { cookie } })).status).toBe(401);
    expect((await opened.post('/logout', '', { cookie })).status).toBe(401);
  });

  test('a stream of events ends with its session', async () => {
    const opened = await openConsole(stage, { console: withPassword() });
    const { cookie } = await logIn(opened);
    const events = await opened.ask('/api/events', { headers: { cookie } });
    await opened.post('/logout', '', { cookie });
    await expect(events.text().catch(() => 'cut off')).resolves.toBeDefined();
  });

  test('neither the password nor a session gets into the log', async () => {
    const opened = await openConsole(stage, { console: withPassword() });
    const { cookie } = await logIn(opened);
    await opened.ask('/api/about', { headers: { cookie } });
    const log = JSON.stringify(opened.lines);
    expect(log).not.toContain(password);
    expect(log).not.toContain(cookie.split('=')[1]);
  });
});

describe('a page of another site', () => {
  const other = [
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{}],
  ] as const;
  test.each(other)('changes nothing, be there a session or not: %j', async (headers) => {
    const pigeon = createPigeon();
    const opened = await openConsole(stage, {
      console: withPassword({ dashboardWrites: true }),
      platforms: [pigeon],
      bridges: [bridgeOf('town', 'pigeon:a', 'pigeon:b')],
    });
    const { cookie } = await logIn(opened);
    const json = { 'content-type': 'application/json', cookie, ...headers };
    const wanted = [403, { error: { code: 'other_origin', message: expect.stringContaining('own page') } }];
    for (const path of ['/api/dead/retry', '/api/dead/discard', '/api/doctor', '/logout'])
      expect(await refusal(await opened.ask(path, { method: 'POST', headers: json, body: '{}' }))).toEqual(wanted);
    expect(await refusal(await opened.ask('/bullmq/api/queues/inbound/pause', { method: 'PUT', headers: json }))).toEqual(wanted);
    expect(
      await refusal(await opened.ask('/login', { method: 'POST', headers: { ...headers }, body: new URLSearchParams({ password }) })),
    ).toEqual(wanted);
  });

  test('is told apart from the page itself also on plain http, by its origin', async () => {
    const opened = await openConsole(stage, { console: withPassword() });
    const response = await opened.ask('/login', {
      method: 'POST',
      headers: { origin: opened.url },
      body: new URLSearchParams({ password }),
    });
    expect(response.status).toBe(303);
  });
});

test('what every answer says to the browser', async () => {
  const opened = await openConsole(stage);
  const { headers } = await opened.ask('/');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self';");
  expect(policy).toMatch(/style-src 'self'(?:;|$)/);
  expect(policy).toContain("frame-ancestors 'self'");
  expect([headers.get('cache-control'), headers.get('referrer-policy'), headers.get('x-content-type-options')]).toEqual([
    'no-store',
    'same-origin',
    'nosniff',
  ]);
  expect(await (await opened.ask('/')).text()).not.toMatch(/<script(?![^>]* src=)|style="|onclick=/);
});

test('a name that somebody made point to this machine is refused', async () => {
  const opened = await openConsole(stage);
  const { request } = await import('node:http');
  const status = await new Promise((resolve) => {
    request(new URL('/api/about', opened.url), { headers: { host: 'rebound.example' } }, (response) =>
      resolve(response.resume().statusCode),
    ).end();
  });
  expect(status).toBe(403);
});
