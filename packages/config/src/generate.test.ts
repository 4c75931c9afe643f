import { describe, expect, it } from 'vitest';
import { parseBridges } from './bridges.ts';
import { bridgesExample } from './bridges-example.ts';
import { parseDotenv } from './dotenv.ts';
import { envFile, secretsToMakeUp } from './env-file.ts';
import { fakePlatforms } from './fixtures/fake-platforms.ts';
import { generatedFiles } from './generate.ts';
import { loadConfig } from './load.ts';
import { commonSettings } from './settings.ts';

const fileNamed = (path: string, readme?: string): string =>
  generatedFiles(fakePlatforms, readme).find((file) => file.path === path)?.text ?? '';

describe('.env.example', () => {
  const text = fileNamed('.env.example');
  it('leaves open only what is required and has no default', () => {
    expect(parseDotenv(text, '.env')).toEqual({
      problems: [],
      entries: ['PIGEON_TOKEN', 'PIGEON_WEBHOOK_SECRET', 'SEMAPHORE_KEY'].map((name) => expect.objectContaining({ name, value: '' })),
    });
  });
  it('names every setting that has an effect, and where to get it', () => {
    for (const group of [commonSettings, ...fakePlatforms.map((platform) => platform.settings)]) {
      for (const setting of Object.values(group)) expect(text.includes(`${setting.env}=`)).toBe(!('unused' in setting));
    }
    expect(text).toContain('# Where: Loft → Settings → Token.');
    expect(text).toContain('Required, unless PIGEON_MODE=polling.');
    expect(text).toContain('# PIGEON_MODE=webhook');
  });
  it('has no long lines', () => expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140));
  it('is a valid .env as it is', () =>
    expect(loadConfig({ env: {}, platforms: fakePlatforms, readFile: (path) => (path === '.env' ? text : undefined) }).ok).toBe(true));
  it('stays valid with every remark taken away from a setting', () => {
    const open = text.replace(/^# ([A-Z_]+=\S.*)$/gm, '$1');
    const result = loadConfig({ env: {}, platforms: fakePlatforms, readFile: (path) => (path === '.env' ? open : undefined) });
    expect(result.ok ? [] : result.problems).toEqual([]);
  });
  it('takes values', () =>
    expect(parseDotenv(envFile(fakePlatforms, new Map([['JWT_SECRET', 'abc']])), '.env').entries).toContainEqual(
      expect.objectContaining({ name: 'JWT_SECRET', value: 'abc' }),
    ));
});

describe('secretsToMakeUp', () => {
  it('are those that no platform gives out', () =>
    expect(secretsToMakeUp(fakePlatforms)).toEqual(['PIGEON_WEBHOOK_SECRET', 'CONSOLE_PASSWORD', 'JWT_SECRET']));
});

describe('bridges.example.yaml', () => {
  it('is valid and shows the defaults', () => {
    const result = parseBridges(fileNamed('bridges.example.yaml'), { file: 'x', platforms: fakePlatforms, isOff: () => false });
    expect(result.ok && result.bridges[0]).toMatchObject({
      name: 'community',
      enabled: true,
      options: { edits: true, deletes: true, reactions: true, attachments: true },
    });
    expect(result.ok && result.bridges[0]?.members.map((member) => member.conversation)).toEqual(['1424612739296530453/7', 'tower:hill-1']);
  });
  it('names its schema; the one for init does not, as there is none beside it', () => {
    expect(fileNamed('bridges.example.yaml')).toMatch(/^# yaml-language-server: \$schema=\.\/bridges\.schema\.json\n/);
    expect(bridgesExample(fakePlatforms)).not.toContain('$schema');
  });
});

describe('bridges.schema.json', () => {
  const schema: Record<string, unknown> = JSON.parse(fileNamed('bridges.schema.json'));
  it('has a closed shape for each kind of member', () => {
    expect(schema['$defs']).toMatchObject({
      pigeon: {
        required: ['platform', 'loft'],
        additionalProperties: false,
        properties: { platform: { const: 'pigeon' }, loft: { type: 'string' }, perch: { type: 'integer' }, direction: { default: 'both' } },
      },
      semaphore: {
        anyOf: [
          { required: ['platform', 'tower'], additionalProperties: false },
          { required: ['platform', 'person'], additionalProperties: false },
        ],
      },
    });
  });
  it('knows bridges and options', () => {
    expect(schema).toMatchObject({
      properties: { bridges: { items: { $ref: '#/$defs/bridge' } } },
      $defs: {
        bridge: {
          required: ['name', 'members'],
          properties: {
            members: { minItems: 2, items: { oneOf: [{ $ref: '#/$defs/pigeon' }, { $ref: '#/$defs/semaphore' }] } },
            options: { $ref: '#/$defs/options' },
          },
        },
        options: { properties: { edits: { type: 'boolean', default: true }, nameTemplate: { default: '{name} ({platform})' } } },
      },
    });
  });
});

describe('docs/configuration.md', () => {
  const text = fileNamed('docs/configuration.md');
  it('has a row for each setting', () => {
    for (const group of [commonSettings, ...fakePlatforms.map((platform) => platform.settings)]) {
      for (const setting of Object.values(group)) expect(text).toContain(`| \`${setting.env}\` |`);
    }
  });
  it('says default, requirement, secrecy and where', () => {
    expect(text).toContain('| `PORT` | `3000` | Port for webhooks');
    expect(text).toContain(
      'Token of the loft. **Required.** *Secret*, also as `PIGEON_TOKEN_FILE`. Where to get it: Loft → Settings → Token.',
    );
    expect(text).toContain('**Required**, unless `PIGEON_MODE=polling`.');
    expect(text).toContain('*Accepted, but without effect*: pigeons carry no rings any more.');
  });
  it('keeps a | from breaking a table', () => expect(text).toContain('How pigeons arrive: a \\| b.'));
  it('has the keys of members', () =>
    expect(text).toContain('| `semaphore` | `tower`, `person` | `{ platform: semaphore, tower: hill-1 }` |'));
});

describe('docs/platforms.md', () => {
  const text = fileNamed('docs/platforms.md');
  it('is the capabilities in words', () => {
    expect(text).toContain('| What is shown on | Pigeon Post | Semaphore |');
    expect(text).toContain('| Edits | yes | – |');
    expect(text).toContain('| Replies | in words | in words |');
    expect(text).toContain('| Longest text of one message (longer ones are split) | 4,096 characters | 9,000 bytes |');
    expect(text).toContain('| Deletes | no | no |');
    expect(text).toContain('| Round video | in words | in words |');
    expect(text).toContain('| The platform itself refuses a second copy | no | yes |');
  });
});

describe('README.md', () => {
  it('gets the matrix between its markers, and stays so', () => {
    const once = fileNamed('README.md', 'before\n<!-- platforms:start -->\nstale\n<!-- platforms:end -->\nafter\n');
    expect(once).toMatch(/^before\n<!-- platforms:start -->\n\| What is shown on \|[^]*\n<!-- platforms:end -->\nafter\n$/);
    expect(once).not.toContain('stale');
    expect(fileNamed('README.md', once)).toBe(once);
  });
  it('is left alone without markers, and not made when it is not there', () => {
    expect(fileNamed('README.md', 'text')).toBe('text');
    expect(generatedFiles(fakePlatforms, undefined).map((file) => file.path)).not.toContain('README.md');
  });
});
