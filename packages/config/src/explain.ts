import type { Platform } from '@bridge/core';
import type { ConfigOutline } from './load.ts';
import { describeRedis } from './redis.ts';
import type { EffectiveSetting } from './resolve.ts';
import { commonSections } from './settings.ts';

/** The effective configuration as lines of text, valid or not, for `bridge config`. No value of a secret is in it. */
export function explainConfig(outline: ConfigOutline, platforms: readonly Platform[]): string[] {
  const byName = new Map(outline.effective.map((setting) => [setting.env, setting]));
  const width = Math.max(...outline.effective.map((setting) => setting.env.length));
  const group = (title: string, names: readonly string[]): string[] => [
    title,
    ...names.flatMap((name) => byName.get(name) ?? []).map((setting) => `  ${setting.env.padEnd(width)}  ${valueOf(setting)}`),
    '',
  ];
  const redis = outline.redis === undefined ? 'not set: `npm start` finds or starts one' : describeRedis(outline.redis);
  return [
    ...commonSections.flatMap((section) => group(section.title === 'Redis' ? `Redis: ${redis}` : section.title, namesOf(section.settings))),
    ...platforms.flatMap((platform) =>
      group(`${platform.displayName}: ${outline.states.get(platform.id) ?? 'off'}`, namesOf(platform.settings)),
    ),
  ];
}

const namesOf = (settings: Platform['settings']): string[] => Object.values(settings).map((setting) => setting.env);

function valueOf(setting: EffectiveSetting): string {
  if (setting.state === 'unset') return '–';
  const mark = setting.state === 'invalid' ? '   ← not valid' : '';
  return `${setting.shown}   (${originOf(setting)})${mark}`;
}

function originOf({ origin, state }: EffectiveSetting): string {
  if (origin === undefined) return state === 'invalid' ? 'not set' : 'default';
  if (origin.kind === 'environment') return 'environment';
  return origin.kind === 'dotenv' ? `${origin.file}:${origin.line}` : 'from its _FILE';
}
