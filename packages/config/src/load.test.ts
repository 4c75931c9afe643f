import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fakePlatforms } from './fixtures/fake-platforms.ts';
import { loadConfig, type Config, type LoadOptions } from './load.ts';
import { formatProblem, type Problem } from './problem.ts';

interface Input extends Partial<LoadOptions> {
  readonly files?: Readonly<Record<string, string>>;
}
const load = ({ files = {}, ...options }: Input = {}) =>
  loadConfig({ env: {}, platforms: fakePlatforms, readFile: (path) => files[path], ...options });

function configOf(input: Input): Config {
  const result = load(input);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.config;
}
function problemsOf(input: Input): readonly Problem[] {
  const result = load(input);
  return result.ok ? [] : result.problems;
}
/** The one problem there is. */
function problemOf(input: Input): Problem {
  const problems = problemsOf(input);
  expect(problems.map(formatProblem)).toHaveLength(1);
  return problems[0] ?? { message: '', fix: '' };
}
const complete = { PIGEON_TOKEN: 'loft-token', PIGEON_WEBHOOK_SECRET: 'leg-secret' };
const stateOf = (input: Input, id: string) => {
  const result = load(input);
  const states = result.ok ? result.config.states : result.partial.states;
  return [...states].find(([name]) => name === id)?.[1];
};

describe('common settings', () => {
  it('have the documented defaults', () => {
    expect(configOf({}).common).toEqual({
      port: 3000,
      host: '0.0.0.0',
      nodeEnv: 'production',
      corsOrigins: [],
      redisCluster: false,
      redisPrefix: 'bridge',
      bridgesFile: 'bridges.yaml',
      enableAuth: true,
      allowInsecure: false,
      allowPrivateMediaHosts: [],
      consolePort: 3001,
      consoleShowMessages: false,
      consoleDashboardWrites: false,
      metricsPort: 9464,
      logLevel: 'info',
      mediaLinkDays: 365,
      outgoingLimits: 'keep',
      enableFileLogging: false,
      logDir: 'logs',
      sandboxPort: 3002,
    });
  });
  it('are typed', () => {
    const { common } = configOf({ env: { PORT: '8080', PUBLIC_URL: 'https://b.example', TRUST_PROXY: '1', ENABLE_FILE_LOGGING: 'yes' } });
    expect([common.port, common.publicUrl?.href, common.trustProxy, common.enableFileLogging]).toEqual([
      8080,
      'https://b.example/',
      1,
      true,
    ]);
  });
  it('count as not set when empty', () => expect(configOf({ env: { PORT: '', PUBLIC_URL: '  ' } }).common.port).toBe(3000));

  it.each([
    ['PORT', '80a', /PORT is not valid: must be a port number.*"80a"/],
    ['NODE_ENV', 'staging', /NODE_ENV is not valid: must be production, development or test, and is "staging"/],
    ['LOG_LEVEL', 'loud', /must be trace, debug, info/],
    ['PUBLIC_URL', 'http://b.example', /must begin with https:\/\//],
    ['ENABLE_AUTH', 'perhaps', /must be true or false/],
    ['BIND_ADDRESS', 'my-machine', /must be an IP address/],
    ['REDIS_PREFIX', 'a:b', /letters, digits/],
    ['CORS_ORIGINS', 'https://a.example/x', /must be origins/],
  ])('refuse %s=%s, saying what is wanted', (variable, value, message) => {
    const problem = problemOf({ env: { [variable]: value } });
    expect(problem.variable).toBe(variable);
    expect(problem.message).toMatch(message);
    expect(problem.fix).toContain(variable === 'PUBLIC_URL' ? 'reverse proxy' : variable);
  });
  it('cut a long value', () => expect(problemOf({ env: { PORT: '9'.repeat(10_000) } }).message.length).toBeLessThan(200));
  it('tell the default', () => expect(problemOf({ env: { PORT: 'x' } }).fix).toContain('the default is 3000'));

  it('refuse two services on one port', () => {
    expect(problemOf({ env: { PORT: '3001' } })).toMatchObject({
      variable: 'CONSOLE_PORT',
      message: 'CONSOLE_PORT and PORT are both 3001',
    });
  });
  it('let several services have any free port', () => expect(problemsOf({ env: { PORT: '0', CONSOLE_PORT: '0' } })).toEqual([]));
});

describe('ENABLE_AUTH=false', () => {
  it('is refused in production, which is the default', () => {
    const problem = problemOf({ env: { ENABLE_AUTH: 'false' } });
    expect(problem.message).toMatch(/ENABLE_AUTH=false is refused while NODE_ENV is production/);
    expect(problem.fix).toMatch(/NODE_ENV=development.*ALLOW_INSECURE=true/);
  });
  it.each([{ NODE_ENV: 'development' }, { ALLOW_INSECURE: 'true' }])('is taken, with a warning, given %j', (extra) => {
    const config = configOf({ env: { ENABLE_AUTH: 'false', ...extra } });
    expect(config.common.enableAuth).toBe(false);
    expect(config.warnings.map((warning) => warning.variable)).toEqual(['ENABLE_AUTH']);
  });
});

describe('.env', () => {
  it('is read, and the process’s environment wins', () => {
    const { common } = configOf({ files: { '.env': 'PORT=4000\nLOG_LEVEL=debug' }, env: { PORT: '5000' } });
    expect([common.port, common.logLevel]).toEqual([5000, 'debug']);
  });
  it('can be left out', () => expect(configOf({ dotenv: false, files: { '.env': 'PORT=4000' } }).common.port).toBe(3000));
  it('gives problems their line', () =>
    expect(problemOf({ files: { '.env': '# x\nPORT=x' } })).toMatchObject({ file: '.env', line: 2, variable: 'PORT' }));
  it('is no place for other text', () =>
    expect(problemOf({ files: { '.env': 'hello' } })).toMatchObject({ line: 1, message: expect.stringContaining('not NAME=value') }));
  it('must be readable', () => {
    const readFile = (): never => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    expect(problemOf({ readFile }).message).toMatch(/\.env is there but cannot be read \(EACCES\)/);
  });
});

describe('NAME_FILE', () => {
  const env = { PIGEON_TOKEN_FILE: '/run/secrets/loft', PIGEON_WEBHOOK_SECRET: 'leg-secret' };
  it.each(['loft-token', 'loft-token\n', 'loft-token\r\n'])('gives the secret in the file %j', (text) => {
    const config = configOf({ env, files: { '/run/secrets/loft': text } });
    expect([...config.platforms.values()][0]?.settings['token']).toBe('loft-token');
    expect(config.secrets).toContain('loft-token');
  });
  it('names variable and path when the file is not there, and says it once', () => {
    const problem = problemOf({ env });
    expect(problem).toMatchObject({
      variable: 'PIGEON_TOKEN_FILE',
      message: 'PIGEON_TOKEN_FILE names a file that is not there: "/run/secrets/loft"',
    });
    expect(problem.fix).toContain('PIGEON_TOKEN');
    expect(stateOf({ env }, 'pigeon')).toBe('incomplete');
  });
  it('does not print what was put there instead of a path', () => {
    expect(formatProblem(problemOf({ env: { ...env, PIGEON_TOKEN_FILE: '123456:AAF_the-token-itself' } }))).not.toContain('AAF_');
  });
  it('refuses an empty file', () =>
    expect(problemOf({ env, files: { '/run/secrets/loft': '\n' } }).message).toContain('file that is empty'));
  it('refuses both at once, also when one stands in .env', () => {
    const problem = problemOf({ env, files: { '.env': 'PIGEON_TOKEN=loft-token', '/run/secrets/loft': 'other-token' } });
    expect(problem).toMatchObject({ message: 'PIGEON_TOKEN and PIGEON_TOKEN_FILE are both set', fix: 'remove one of the two' });
  });
  it('is for secrets only', () =>
    expect(problemOf({ env: { PIGEON_MODE_FILE: 'x' } }).message).toMatch(/PIGEON_MODE_FILE is not a variable.*PIGEON_MODE$/));
  it('names a file that cannot be read', () => {
    const readFile = (path: string): string | undefined => {
      if (path === '.env') return undefined;
      throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    };
    expect(problemOf({ env, readFile }).message).toContain('cannot be read (EISDIR)');
  });
});

describe('a platform', () => {
  it('is on when its required variables are set', () => {
    const config = configOf({ env: complete });
    expect([...config.platforms.keys()]).toEqual(['pigeon']);
    expect([...config.platforms.values()][0]?.settings).toEqual({
      token: 'loft-token',
      webhookSecret: 'leg-secret',
      mode: 'webhook',
      altitude: 100,
    });
  });
  it('is off when nothing of it is set', () => expect(stateOf({}, 'pigeon')).toBe('off'));
  it.each([{ PIGEON_MODE: 'polling' }, { PIGEON_RING: 'ring-secret' }])('is off when only %j is set', (env) => {
    expect(problemsOf({ env })).toEqual([]);
    expect(stateOf({ env }, 'pigeon')).toBe('off');
  });
  it('is half set otherwise, and each missing variable says where to get it', () => {
    const problem = problemOf({ env: { PIGEON_TOKEN: 'loft-token' } });
    expect(problem.message).toBe('PIGEON_WEBHOOK_SECRET is missing: Pigeon Post is only half set up (PIGEON_TOKEN is set)');
    expect(problem.fix).toBe(
      'set PIGEON_WEBHOOK_SECRET, or set PIGEON_MODE=polling (Make one up), or remove PIGEON_TOKEN to leave Pigeon Post off',
    );
    expect(stateOf({ env: { PIGEON_TOKEN: 'loft-token' } }, 'pigeon')).toBe('incomplete');
  });
  it('is half set by an optional variable alone', () => {
    const problem = problemOf({ env: { SEMAPHORE_API_URL: 'https://tower.example' } });
    expect(problem).toMatchObject({ variable: 'SEMAPHORE_KEY', fix: expect.stringContaining('Ask the tower') });
  });
  it('needs less where a mode lifts a requirement', () =>
    expect(problemsOf({ env: { PIGEON_TOKEN: 'loft-token', PIGEON_MODE: 'polling' } })).toEqual([]));
  it('refuses a wrong value of a secret without printing it', () => {
    const problem = problemOf({ env: { ...complete, PIGEON_TOKEN: 'no!token' } });
    expect(problem.message).toBe('PIGEON_TOKEN is not valid: must be a loft token of 6 or more letters');
    expect(problem.fix).toContain('Loft → Settings → Token');
  });
  it('may throw in its schema', () => {
    const [pigeon] = fakePlatforms;
    if (pigeon === undefined) throw new Error('no fixture');
    const schema = z.string().transform((value) => {
      throw new Error(value);
    });
    const settings = { token: { env: 'PIGEON_TOKEN', describe: 'x', secret: true, schema } } as const;
    expect(problemOf({ env: { PIGEON_TOKEN: 'loft-token' }, platforms: [{ ...pigeon, settings }] }).message).toBe(
      'PIGEON_TOKEN is not valid: could not be understood',
    );
  });
  it('warns of a variable without effect', () => {
    expect(configOf({ env: { PIGEON_RING: 'ring-secret' } }).warnings).toEqual([
      {
        variable: 'PIGEON_RING',
        message: 'PIGEON_RING is set but has no effect: pigeons carry no rings any more',
        fix: 'remove PIGEON_RING',
      },
    ]);
  });
});

describe('unknown variables', () => {
  it.each([
    ['PIGEON_TOKNE', 'PIGEON_TOKEN'],
    ['PIGEON_WEBHOOK_SECRT_FILE', 'PIGEON_WEBHOOK_SECRET_FILE'],
    ['REDIS_URLS', 'REDIS_URL'],
    ['REDIS_HOST', 'REDIS_URL'],
    ['REDIS_PORT', 'REDIS_URL'],
    ['CONSOLE_PASWORD', 'CONSOLE_PASSWORD'],
    ['BRIDGE_FILE', 'BRIDGES_FILE'],
    ['BRIDGESFILE', 'BRIDGES_FILE'],
  ])('%s is an error that names %s', (variable, known) => {
    const problem = problemOf({ env: { [variable]: 'some-value' } });
    expect(problem).toMatchObject({
      variable,
      message: `${variable} is not a variable of this bridge; the nearest known name is ${known}`,
    });
    expect(formatProblem(problem)).not.toContain('some-value');
  });
  it('have their line in .env', () =>
    expect(problemOf({ files: { '.env': '\nPIGEON_TOKNE=x' } })).toMatchObject({ file: '.env', line: 2 }));
  it.each([
    ['OTHER_TOKEN', 'x'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://x'],
    ['REDIS_PORT', 'tcp://10.0.0.1:6379'],
    ['REDIS_SERVICE_HOST', '10.0.0.1'],
    ['REDIS_SERVICE_PORT_REDIS', '6379'],
    ['REDIS_PORT_6379_TCP_ADDR', '10.0.0.1'],
    ['BRIDGE_CONSOLE_SERVICE_PORT', '3001'],
  ])('that are none of ours, such as %s=%s, are let be', (variable, value) =>
    expect(problemsOf({ env: { [variable]: value } })).toEqual([]),
  );
});

it('hands on what OpenTelemetry reads, also from .env', () =>
  expect(configOf({ env: { OTEL_SERVICE_NAME: 'town' }, files: { '.env': 'OTEL_SDK_DISABLED=true\nOTHER=x' } }).openTelemetry).toEqual({
    OTEL_SERVICE_NAME: 'town',
    OTEL_SDK_DISABLED: 'true',
  }));

it('scrubs what OpenTelemetry sends along to a collector, as written, decoded and without its scheme', () => {
  const { secrets, openTelemetry } = configOf({
    env: { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20ab/cd9%25,x-key=k3y-of-town', OTEL_SERVICE_NAME: 'town' },
  });
  expect(openTelemetry['OTEL_SERVICE_NAME']).toBe('town');
  expect(secrets).toEqual(expect.arrayContaining(['Bearer%20ab/cd9%25', 'Bearer ab/cd9%', 'ab/cd9%', 'k3y-of-town']));
  expect(secrets).not.toContain('town');
});

describe('what a command may ask for', () => {
  it('a platform', () => {
    const problem = problemOf({ requirePlatform: true });
    expect(problem.message).toBe('no platform is configured');
    expect(problem.fix).toMatch(/Pigeon Post \(PIGEON_TOKEN\); Semaphore \(SEMAPHORE_KEY\).*bridge sandbox/);
    expect(problemsOf({ requirePlatform: true, env: complete })).toEqual([]);
  });
  it('Redis', () => {
    expect(problemOf({ requireRedis: true })).toMatchObject({ variable: 'REDIS_URL', fix: expect.stringContaining('npm start') });
    expect(configOf({ requireRedis: true, env: { REDIS_URL: 'redis://h' } }).redis).toEqual({ kind: 'single', url: 'redis://h' });
  });
  it('Redis, without saying so twice when it is wrong', () =>
    expect(problemOf({ requireRedis: true, env: { REDIS_URL: 'h' } }).message).toContain('must begin with redis://'));
});

it('tells every problem at once', () => {
  const variables = problemsOf({
    env: { PORT: 'x', ENABLE_AUTH: 'false', PIGEON_TOKEN: 'loft-token', PIGEON_ALTITUDE: 'high', REDIS_HOST: 'h' },
  }).map((problem) => problem.variable);
  expect(variables).toEqual(['PORT', 'ENABLE_AUTH', 'PIGEON_WEBHOOK_SECRET', 'PIGEON_ALTITUDE', 'REDIS_HOST']);
});

it('gathers all secrets for scrubbing, also those of a platform that is off or wrong', () => {
  const env = { REDIS_URL: 'redis://:redis-pw@h', CONSOLE_PASSWORD: 'console-pw', PIGEON_RING: 'ring-secret', SEMAPHORE_KEY: 'tower-key' };
  expect(configOf({ env }).secrets).toEqual(expect.arrayContaining(['redis-pw', 'console-pw', 'ring-secret', 'tower-key']));
});

it('warns of a short JWT_SECRET', () =>
  expect(configOf({ env: { JWT_SECRET: 'short' } }).warnings[0]?.message).toBe('JWT_SECRET is shorter than 32 characters'));
