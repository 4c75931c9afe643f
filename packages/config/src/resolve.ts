import type { Setting, Settings } from '@bridge/core';
import type { Problem } from './problem.ts';
import { scrubbed, shown } from './shown.ts';
import { placeOfOrigin, type Origin, type Sources } from './sources.ts';

/** One setting as it is in force, fit to be printed: a secret's value is not in it. */
export interface EffectiveSetting {
  readonly env: string;
  readonly state: 'set' | 'default' | 'unset' | 'invalid';
  /** The value in quotes, `set (hidden)` for a secret, empty when unset. */
  readonly shown: string;
  readonly origin?: Origin;
}

/** A group of settings made typed. */
export interface Resolved {
  /** By key of the group; a setting that is unset or invalid may be missing. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly effective: readonly EffectiveSetting[];
  readonly problems: readonly Problem[];
}

/** Parses every setting of a group, taking defaults where nothing is set. Says nothing about required ones. */
export function resolveSettings(settings: Settings, sources: Sources): Resolved {
  const values: Record<string, unknown> = {};
  const effective: EffectiveSetting[] = [];
  const problems: Problem[] = [];
  for (const [key, setting] of Object.entries(settings)) {
    const one = resolveOne(setting, sources);
    if (one.value !== undefined) values[key] = one.value;
    effective.push(one.effective);
    if (one.problem !== undefined) problems.push(one.problem);
  }
  return { values, effective, problems };
}

interface ResolvedOne {
  readonly value?: unknown;
  readonly effective: EffectiveSetting;
  readonly problem?: Problem;
}

function resolveOne(setting: Setting, sources: Sources): ResolvedOne {
  const raw = sources.values.get(setting.env);
  const text = raw?.value ?? setting.default;
  if (text === undefined) return { ...valueOf(setting, undefined, sources), effective: { env: setting.env, state: 'unset', shown: '' } };
  const result = valueOf(setting, text, sources);
  const base = { env: setting.env, shown: printable(setting, text, sources), ...(raw === undefined ? {} : { origin: raw.origin }) };
  if (result.wrong === undefined) return { value: result.value, effective: { ...base, state: raw === undefined ? 'default' : 'set' } };
  return { effective: { ...base, state: 'invalid' }, problem: invalid(setting, { text, wrong: result.wrong }, sources) };
}

/** A schema is a platform's own code and may throw; that is a refusal too. */
function valueOf(setting: Setting, text: string | undefined, sources: Sources): { value?: unknown; wrong?: string } {
  try {
    const result = setting.schema.safeParse(text);
    if (result.success) return { value: result.data };
    return { wrong: scrubbed(result.error.issues.map((issue) => issue.message).join('; '), sources.secrets) };
  } catch {
    return { wrong: 'could not be understood' };
  }
}

function printable(setting: Setting, text: string, sources: Sources): string {
  return setting.secret === true ? 'set (hidden)' : shown(text, sources.secrets);
}

function invalid(setting: Setting, refused: { readonly text: string; readonly wrong: string }, sources: Sources): Problem {
  const got = setting.secret === true ? '' : `, and is ${shown(refused.text, sources.secrets)}`;
  const example = setting.default === undefined || setting.default === '' ? '' : ` (the default is ${setting.default})`;
  return {
    variable: setting.env,
    ...placeOfOrigin(sources.values.get(setting.env)?.origin),
    message: `${setting.env} is not valid: ${refused.wrong}${got}`,
    fix:
      setting.where === undefined
        ? `correct ${setting.env}, or remove it${example}. ${bare(setting.describe)}`
        : `copy it again. ${bare(setting.where)}`,
  };
}

/** Without a full stop at the end, so that a sentence can be built around it. */
export const bare = (sentence: string): string => sentence.replace(/\.$/, '');
