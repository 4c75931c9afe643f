import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCli } from '@bridge/cli';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8');
const files = globSync(['*.md', 'docs/*.md'], { cwd: root }).filter((file) => file !== 'CHANGELOG.md');

interface Command {
  readonly file: string;
  readonly line: string;
}

/** Lines of code blocks for a shell, and what stands in back-quotes; comments and the texts of messages left out. */
function commandsOf(file: string): readonly Command[] {
  const text = read(file);
  const blocks = [...text.matchAll(/^```(?:bash|sh|console)\n(.*?)^```/gms)].flatMap(([, block = '']) => block.split('\n'));
  const spans = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return [...blocks, ...spans].map((line) => ({ file, line: line.replace(/\s#\s.*$/, '').trim() })).filter(({ line }) => line !== '');
}

const all = files.flatMap(commandsOf);
/** Distinct matches of a pattern, with the first file that has each. */
function found(pattern: RegExp): readonly (readonly [what: string, file: string])[] {
  const first = new Map<string, string>();
  for (const { file, line } of all) for (const match of line.matchAll(pattern)) first.set(match.slice(1).join(' ').trim(), file);
  return [...first];
}

async function usage(command: string): Promise<{ readonly code: number; readonly text: string }> {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const platforms = async () => [];
  const code = await runCli([command, '--help'], { cwd: root, env: {}, stdout: say, stderr: say, line: async () => '', platforms });
  return { code, text: said.join('') };
}

const bridgeCommands = found(/(?:^|npx |exec \S+ |run --rm \S+ )bridge (?!<)([a-z-]+)\b(?!:)([^&|<]*)/g);

test('there are commands to look at', () => expect(bridgeCommands.length).toBeGreaterThan(20));

describe.each(bridgeCommands)('bridge %s', (line, file) => {
  const [command = ''] = line.split(' ');
  test('is a command, and so is each of its options', async () => {
    const { code, text } = await usage(command);
    expect(code, `${file}: there is no command ${command}`).toBe(0);
    for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(text, file).toContain(option);
    if (command === 'dead') for (const part of line.split(' ')[1]?.split('|') ?? []) expect(text, file).toContain(`bridge dead ${part}`);
  });
});

const scriptsSchema = z.object({ scripts: z.record(z.string(), z.string()) });

test.each(found(/npm (?:run (?:-s )?)?((?:(?<=run (?:-s )?)[a-z:-]+|start|test)\b)/g))('npm %s is a script', (script, file) => {
  expect(Object.keys(scriptsSchema.parse(JSON.parse(read('package.json'))).scripts), file).toContain(script);
});

test.each(found(/(?:^|\s)((?:tests|bench|scripts|deploy|packages|services)\/[\w./-]+)/g))('%s is there', (path, file) => {
  expect(existsSync(`${root}/${path.replace(/[.]$/, '')}`), file).toBe(true);
});

const composeSchema = z.object({ services: z.record(z.string(), z.looseObject({ profiles: z.array(z.string()).optional() })) });
const { services } = composeSchema.parse(parse(read('docker-compose.yml'), { merge: true }));

describe('docker compose', () => {
  test.each(
    found(
      /docker compose (?:[\w -]*?)(?:exec(?: -T)?|stop|start|run(?: --rm| --no-deps| -T)*|logs(?: --no-log-prefix| --tail \d+)*) ([a-z][\w-]*)/g,
    ),
  )('has the service %s', (service, file) => {
    expect(Object.keys(services), file).toContain(service);
  });

  test.each(found(/--scale ([\w-]+)=/g))('has the service %s to be scaled', (service, file) => {
    expect(Object.keys(services), file).toContain(service);
  });

  test.each(found(/docker compose --profile (\w+)/g))('has the profile %s', (profile, file) => {
    expect(
      Object.values(services).flatMap(({ profiles = [] }) => profiles),
      file,
    ).toContain(profile);
  });
});
