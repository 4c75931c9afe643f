import { describe, expect, it } from 'vitest';
import { banner, bridgeEnv, redisUrlOf, wantedPort } from './environment.ts';

describe('redisUrlOf', () => {
  it('is the variable', () => expect(redisUrlOf({ REDIS_URL: 'redis://127.0.0.1:6379' })).toBe('redis://127.0.0.1:6379'));

  it.each([{}, { REDIS_URL: '' }])('says what to do without one', (env) => {
    expect(() => redisUrlOf(env)).toThrow('The sandbox needs Redis: use `npm start`, which brings one, or set REDIS_URL.');
  });
});

describe('wantedPort', () => {
  it.each<[string | undefined, number]>([
    [undefined, 3002],
    ['', 3002],
    ['0', 0],
    ['8080', 8080],
    ['65535', 65_535],
  ])('%s', (value, port) => {
    expect(wantedPort({ SANDBOX_PORT: value }, 'SANDBOX_PORT', 3002)).toBe(port);
  });

  it.each(['port', '-1', '65536', '80.5', '1e9'])('%s is no port, and the sentence says so', (value) => {
    expect(() => wantedPort({ PORT: value }, 'PORT', 3000)).toThrow(`PORT=${value} is no port: use a number from 0`);
  });
});

describe('bridgeEnv', () => {
  const real = {
    PATH: '/bin',
    HOME: '/root',
    TZ: 'UTC',
    NODE_OPTIONS: '--no-deprecation',
    COMETCHAT_API_KEY: 'real',
    DISCORD_BOT_TOKEN: 'real',
    TELEGRAM_BOT_TOKEN_FILE: '/run/secrets/real',
    REDIS_URL: 'real',
    REDIS_SENTINELS: 'real',
    CONSOLE_PASSWORD: 'real',
    BRIDGES_FILE: 'real',
    BRIDGE_X: 'real',
    PUBLIC_URL: 'real',
    JWT_SECRET: 'real',
    SANDBOX_PORT: '1',
    NODE_ENV: 'production',
    METRICS_PORT: '9464',
    BIND_ADDRESS: '0.0.0.0',
  };

  it('lets nothing of a real installation through', () => {
    expect(Object.values(bridgeEnv(real, {}))).not.toContain('real');
    expect(bridgeEnv(real, {})).toEqual({
      PATH: '/bin',
      HOME: '/root',
      TZ: 'UTC',
      NODE_OPTIONS: '--no-deprecation',
      NODE_ENV: 'development',
      BIND_ADDRESS: '127.0.0.1',
      METRICS_PORT: '0',
      LOG_LEVEL: 'warn',
    });
  });

  it('adds the sandbox’s own, which win', () => {
    expect(bridgeEnv(real, { REDIS_URL: 'ours', PORT: '1234' })).toMatchObject({ REDIS_URL: 'ours', PORT: '1234' });
    expect(bridgeEnv({ LOG_LEVEL: 'debug' }, {})).toMatchObject({ LOG_LEVEL: 'debug' });
  });
});

it('the banner says where the page is', () => {
  expect(banner({ page: 3002, ingress: 3000, console: 3001 })).toMatch(
    /http:\/\/127\.0\.0\.1:3002 [\s\S]*http:\/\/127\.0\.0\.1:3000\/status[\s\S]*Ctrl-C/,
  );
});
