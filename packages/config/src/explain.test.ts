import { describe, expect, it } from 'vitest';
import { explainConfig } from './explain.ts';
import { fakePlatforms } from './fixtures/fake-platforms.ts';
import { loadConfig } from './load.ts';

function explain(env: Record<string, string>, files: Record<string, string> = {}): string {
  const result = loadConfig({ env, platforms: fakePlatforms, readFile: (path) => files[path] });
  return explainConfig(result.ok ? result.config : result.partial, fakePlatforms).join('\n');
}

describe('explainConfig', () => {
  it('says what is in force and where it comes from', () => {
    const text = explain({ PORT: '4000' }, { '.env': '\nLOG_LEVEL=debug' });
    expect(text).toMatch(/PORT +"4000" {3}\(environment\)/);
    expect(text).toMatch(/LOG_LEVEL +"debug" {3}\(\.env:2\)/);
    expect(text).toMatch(/METRICS_PORT +"9464" {3}\(default\)/);
    expect(text).toMatch(/PUBLIC_URL +–/);
  });
  it('masks secrets', () => {
    const text = explain({ CONSOLE_PASSWORD: 'hunter2hunter2', PIGEON_TOKEN_FILE: 't' }, { t: 'loft-token' });
    expect(text).toMatch(/CONSOLE_PASSWORD +set \(hidden\) {3}\(environment\)/);
    expect(text).toMatch(/PIGEON_TOKEN +set \(hidden\) {3}\(from its _FILE\)/);
    expect(text).not.toMatch(/hunter2|loft-token/);
  });
  it('says where Redis is, without its password', () => {
    expect(explain({ REDIS_URL: 'redis://:pw123456@cache:6380/1' })).toContain('Redis: cache:6380, database 1, with a password\n');
    expect(explain({})).toContain('Redis: not set');
  });
  it('says which platforms are on', () => {
    const text = explain({ SEMAPHORE_KEY: 'tower-key', PIGEON_TOKEN: 'loft-token' });
    expect(text).toContain('\nSemaphore: on\n');
    expect(text).toContain('\nPigeon Post: incomplete\n');
  });
  it('works when the configuration is invalid, and marks what is', () => {
    expect(explain({ PORT: 'x', LOG_LEVEL: 'debug' })).toMatch(/PORT +"x" {3}\(environment\) {3}← not valid\n[^]*LOG_LEVEL +"debug"/);
  });
  it('names every setting', () => {
    const text = explain({});
    for (const group of fakePlatforms) for (const setting of Object.values(group.settings)) expect(text).toContain(setting.env);
  });
});
