import type { Platform, PlatformId, Setting, Settings, SettingsOf } from '@bridge/core';
import type { Problem } from './problem.ts';
import { bare, resolveSettings, type EffectiveSetting } from './resolve.ts';
import type { Sources } from './sources.ts';

/** A platform with its settings, ready for `platform.create`. */
export interface ConfiguredPlatform {
  readonly platform: Platform;
  readonly settings: SettingsOf<Settings>;
}

/** `incomplete`: some of what it needs is set, or something is set wrongly; there are problems that say what. */
export type PlatformState = 'on' | 'off' | 'incomplete';

export interface ResolvedPlatform {
  readonly id: PlatformId;
  readonly state: PlatformState;
  /** Only when `state` is `on`. */
  readonly configured?: ConfiguredPlatform;
  readonly effective: readonly EffectiveSetting[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Decides whether a platform is on. It is off when nothing is set that has no default: a mere TELEGRAM_MODE asks for
 * nothing. `effectiveOf` gives the raw value in force of any variable, for conditions on `required`.
 */
export function resolvePlatform(platform: Platform, sources: Sources, effectiveOf: (env: string) => string | undefined): ResolvedPlatform {
  const all = Object.values(platform.settings);
  const wanted = all.filter((setting) => setting.default === undefined && setting.unused === undefined && isGiven(setting, sources));
  const resolved = resolveSettings(platform.settings, sources);
  const warnings = all.filter((setting) => sources.values.has(setting.env)).flatMap(unusedWarning);
  const base = { id: platform.id, effective: resolved.effective, warnings };
  if (wanted.length === 0) return { ...base, state: 'off', problems: [] };
  const missing = all.filter((setting) => isRequired(setting, effectiveOf) && effectiveOf(setting.env) === undefined);
  const unsaid = missing.filter((setting) => !isGiven(setting, sources));
  const problems = [...unsaid.map((setting) => halfSet(platform, setting, wanted)), ...resolved.problems];
  if (missing.length + problems.length > 0) return { ...base, state: 'incomplete', problems };
  return { ...base, state: 'on', problems, configured: { platform, settings: resolved.values } };
}

/** Set, or meant to be: where NAME_FILE could not be read there is a problem already, and the platform is not off. */
function isGiven(setting: Setting, sources: Sources): boolean {
  return sources.values.has(setting.env) || (setting.secret === true && sources.values.has(`${setting.env}_FILE`));
}

/** Whether a setting must be set for its platform to run, given what else is set. */
function isRequired(setting: Setting, effectiveOf: (env: string) => string | undefined): boolean {
  const { required = false } = setting;
  return typeof required === 'boolean' ? required : effectiveOf(required.unless.env) !== required.unless.value;
}

function halfSet(platform: Platform, setting: Setting, wanted: readonly Setting[]): Problem {
  const others = wanted.map((one) => one.env).join(', ');
  const orMode = typeof setting.required === 'object' ? `, or set ${setting.required.unless.env}=${setting.required.unless.value}` : '';
  const where = bare(setting.where ?? setting.describe);
  return {
    variable: setting.env,
    message: `${setting.env} is missing: ${platform.displayName} is only half set up (${others} ${wanted.length > 1 ? 'are' : 'is'} set)`,
    fix: `set ${setting.env}${orMode} (${where}), or remove ${others} to leave ${platform.displayName} off`,
  };
}

function unusedWarning(setting: Setting): Problem[] {
  if (setting.unused === undefined) return [];
  return [
    { variable: setting.env, message: `${setting.env} is set but has no effect: ${bare(setting.unused)}`, fix: `remove ${setting.env}` },
  ];
}
