import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainConfig } from './explain.ts';
import { fakePlatforms } from './fixtures/fake-platforms.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';
import { commonSettings } from './settings.ts';

const secretNames = [commonSettings, ...fakePlatforms.map((platform) => platform.settings)]
  .flatMap((group) => Object.values(group))
  .filter((setting) => 'secret' in setting && setting.secret === true)
  .map((setting) => setting.env);
const otherNames = [
  'PORT',
  'NODE_ENV',
  'PUBLIC_URL',
  'TRUST_PROXY',
  'CORS_ORIGINS',
  'REDIS_CLUSTER',
  'REDIS_SENTINELS',
  'REDIS_SENTINEL_NAME',
  'REDIS_PREFIX',
  'ENABLE_AUTH',
  'LOG_LEVEL',
  'PIGEON_MODE',
  'PIGEON_ALTITUDE',
  'SEMAPHORE_API_URL',
];

/** Long enough that it cannot stand in a sentence by chance, with characters that break naive masking. */
const secret = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9]{12}$/), fc.constantFrom('', '/', '@', '#', '%', '"', ' ', '\\', ':', '.', '\n', 'é', '$&'))
  .map(([a, b]) => `${a.slice(0, 6)}${b}${a.slice(6)}`);
/** How a secret may stand in its own variable. */
const wrapped = fc.constantFrom<(value: string) => string>(
  (value) => value,
  (value) => `redis://:${encodeURIComponent(value)}@host:6379/0`,
  (value) => `redis://user:${value}@host`,
  (value) => `rediss://h1,redis://:${value}@h2`,
  (value) => `https://${value}@host/`,
);

/** The secret as a whole, or as it stands in a URL. */
const leaks = (text: string, value: string): boolean =>
  [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)].some((form) => text.includes(form));

describe('no value of a secret is ever in what may be printed', () => {
  it('whatever else is wrong, and also when it was pasted into another variable or a file', () => {
    const places = fc.record({
      own: fc.dictionary(fc.constantFrom(...secretNames), fc.tuple(secret, wrapped), { maxKeys: 6 }),
      asPath: fc.option(
        fc.tuple(
          fc.constantFrom(...secretNames),
          secret.filter((value) => !/[/\\.]/.test(value)),
        ),
      ),
      inOthers: fc.array(fc.constantFrom(...otherNames), { maxLength: 4 }),
      inUnknown: fc.boolean(),
      dotenv: fc.boolean(),
    });
    fc.assert(
      fc.property(places, ({ own, asPath, inOthers, inUnknown, dotenv }) => {
        const given = Object.entries(own);
        const secrets = [...given.map(([, [value]]) => value), ...(asPath === null ? [] : [asPath[1]])];
        const env: Record<string, string> = Object.fromEntries(given.map(([name, [value, wrap]]) => [name, wrap(value)]));
        if (asPath !== null) env[`${asPath[0]}_FILE`] = asPath[1];
        const pasted = given[0]?.[1];
        if (pasted !== undefined) {
          for (const name of inOthers) env[name] = pasted[1](pasted[0]);
          if (inUnknown) env['PIGEON_TOKE'] = pasted[0];
        }
        const text = Object.entries(env)
          .map(([name, value]) => `${name}='${value}'`)
          .join('\n');
        const result = loadConfig({
          env: dotenv ? {} : env,
          platforms: fakePlatforms,
          readFile: (path) => (dotenv && path === '.env' ? text : undefined),
        });
        const outline = result.ok ? result.config : result.partial;
        const problems = [...(result.ok ? [] : result.problems), ...outline.warnings];
        const printed = [
          JSON.stringify(problems),
          JSON.stringify(outline.effective),
          ...problems.map(formatProblem),
          ...explainConfig(outline, fakePlatforms),
        ].join('\n');
        for (const value of secrets) expect(leaks(printed, value)).toBe(false);
      }),
      { numRuns: 400 },
    );
  });
});
