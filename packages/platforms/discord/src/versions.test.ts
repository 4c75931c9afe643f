import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { REST as OurRest } from '@discordjs/rest';
import type { REST as TheirRest } from 'discord.js';
import { expect, expectTypeOf, test } from 'vitest';

/**
 * The gateway and REST clients of discord.js are used without discord.js around them, which saves 14 MB in every process.
 * They have to be the very versions that discord.js is tested with.
 */
test.each(['@discordjs/rest', '@discordjs/ws'])("%s is discord.js' own", (name) => {
  const ours = createRequire(import.meta.url);
  const theirs = createRequire(ours.resolve('discord.js'));
  expect(ours.resolve(name)).toBe(theirs.resolve(name));
  expectTypeOf<OurRest>().toEqualTypeOf<TheirRest>();
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(dependencies[name]).toMatch(/^\d+\.\d+\.\d+$/);
});
