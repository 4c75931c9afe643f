import type { Platform, Setting } from '@bridge/core';
import { commonSections, type Section } from './settings.ts';

/** Values to fill in, by variable; a variable that is not among them stays empty or at its default. */
export type EnvValues = ReadonlyMap<string, string>;

const width = 110;

/** The text of a `.env`: every setting with what it is and where to get it, those that must be filled in not commented out. */
export function envFile(platforms: readonly Platform[], values: EnvValues = new Map()): string {
  const sections: Section[] = [
    ...platforms.map((platform) => ({ title: platform.displayName, settings: platform.settings })),
    ...commonSections,
  ];
  return `${[...heading, ...sections.flatMap((section) => sectionLines(section, values))].join('\n')}\n`;
}

const heading: readonly string[] = [
  '# Settings of the bridge. A platform is on when its variables without a # in front are filled in, and off when',
  '# they are all empty or removed. A secret can also be read from a file: NAME_FILE=/run/secrets/name.',
  '# `npx bridge check` says what is missing. Never commit the file with your values.',
];

function sectionLines(section: Section, values: EnvValues): string[] {
  const settings = Object.values(section.settings).filter((setting) => setting.unused === undefined);
  return [
    '',
    `# ── ${section.title} ${'─'.repeat(Math.max(3, 60 - section.title.length))}`,
    ...settings.flatMap((setting) => settingLines(setting, values)),
  ];
}

function settingLines(setting: Setting, values: EnvValues): string[] {
  const value = values.get(setting.env);
  const assignment = `${setting.env}=${value ?? setting.default ?? ''}`;
  const isOpen = value !== undefined || isFilledIn(setting);
  return [
    '',
    ...remark(setting.describe + requirement(setting)),
    ...(setting.where === undefined ? [] : remark(`Where: ${setting.where}`)),
    isOpen ? assignment : `# ${assignment}`,
  ];
}

const isFilledIn = (setting: Setting): boolean =>
  setting.required !== undefined && setting.required !== false && setting.default === undefined;

function requirement(setting: Setting): string {
  if (!isFilledIn(setting)) return '';
  return typeof setting.required === 'object'
    ? ` Required, unless ${setting.required.unless.env}=${setting.required.unless.value}.`
    : ' Required.';
}

/** A comment, wrapped. */
function remark(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length + 1 > width) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/**
 * Variables whose value is ours to choose: a webhook's secret is whatever both sides agree on, while a token or key is
 * given out by its platform. By name, so that a new platform needs nothing but the usual name.
 */
export function secretsToMakeUp(platforms: readonly Platform[]): string[] {
  const webhooks = platforms.flatMap((platform) =>
    Object.values(platform.settings).filter(
      (setting) => setting.secret === true && setting.unused === undefined && setting.env.endsWith('_WEBHOOK_SECRET'),
    ),
  );
  return [...webhooks.map((setting) => setting.env), 'CONSOLE_PASSWORD', 'JWT_SECRET'];
}
