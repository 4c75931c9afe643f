import { expect, it } from 'vitest';
import { openSandboxPage } from './testing/sandbox-page.ts';

it('serves the page and all that it is made of, each as what it is', async () => {
  const { ask } = await openSandboxPage();
  const types: Readonly<Record<string, string>> = {
    '/': 'text/html; charset=utf-8',
    '/theme.css': 'text/css; charset=utf-8',
    '/sandbox.css': 'text/css; charset=utf-8',
    '/page/main.js': 'text/javascript; charset=utf-8',
  };
  for (const [path, type] of Object.entries(types)) {
    const response = await ask(path);
    expect([path, response.status, response.headers.get('content-type')]).toEqual([path, 200, type]);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await response.text()).length).toBeGreaterThan(200);
  }
});

it('serves every stylesheet that the page names', async () => {
  const { ask } = await openSandboxPage();
  const page = await (await ask('/')).text();
  const named = [...page.matchAll(/rel="stylesheet" href="([^"]+)"/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(1);
  for (const path of named) expect([path, (await ask(path)).status]).toEqual([path, 200]);
});

it('serves every script that a script imports, as JavaScript', async () => {
  const { ask, url } = await openSandboxPage();
  const found = new Set<string>();
  const queue = ['/page/main.js'];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const response = await ask(path);
    expect([path, response.status]).toEqual([path, 200]);
    const code = await response.text();
    expect(code).not.toMatch(/^(?:import type|interface|export type) /m);
    for (const [, imported = ''] of code.matchAll(/from '(\.[^']+)'/g)) queue.push(new URL(imported, new URL(path, url)).pathname);
  }
  expect(found.size).toBeGreaterThan(8);
});

it('lets the page load nothing from anywhere else', async () => {
  const { ask } = await openSandboxPage();
  const response = await ask('/');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toMatch(/img-src 'self' data: http:\/\/127\.0\.0\.1:\* http:\/\/localhost:\*(?:;|$)/);
  expect(policy).not.toContain('upgrade-insecure-requests');
  const html = await response.text();
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  expect(html).not.toMatch(/<script(?![^>]*src=)|<style| on[a-z]+="/);
});

it.each([
  '/page/nothing.js',
  '/page/..%2findex.ts',
  '/page/../index.ts',
  '/page/tsconfig.json',
  '/src/index.ts',
  '/public/index.html',
  '/.env',
])('has nothing at %s', async (path) => {
  const { ask } = await openSandboxPage();
  const response = await ask(path);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ error: { code: 'not_found', message: expect.any(String) } });
});

it('listens on loopback only', async () => {
  const { url } = await openSandboxPage();
  expect(new URL(url).hostname).toBe('127.0.0.1');
  await expect(fetch(url.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow();
});

it('leads to the console beside it, or says that there is none', async () => {
  const { ask } = await openSandboxPage({ consolePort: 4321 });
  const there = await ask('/console', { redirect: 'manual' });
  expect([there.status, there.headers.get('location')]).toEqual([303, 'http://127.0.0.1:4321/']);
  const none = await (await openSandboxPage()).ask('/console');
  expect([none.status, await none.json()]).toEqual([404, { error: { code: 'no_console', message: expect.stringContaining('npm start') } }]);
});
