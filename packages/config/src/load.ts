import type { Platform, PlatformId, RedisTarget, Setting, Settings } from '@bridge/core';
import { commonProblems, commonWarnings } from './checks.ts';
import { resolvePlatform, type ConfiguredPlatform, type PlatformState, type ResolvedPlatform } from './platform-settings.ts';
import type { Problem } from './problem.ts';
import { canDecode, redisSecrets, redisTarget } from './redis.ts';
import { resolveSettings, type EffectiveSetting, type Resolved } from './resolve.ts';
import { commonSettings, type CommonValues } from './settings.ts';
import { readSources, type ReadFile, type Sources } from './sources.ts';
import { unknownVariables } from './unknown.ts';

/** What can be said of a configuration whether it is valid or not. */
export interface ConfigOutline {
  /** BRIDGES_FILE, so that bridges.yaml can be checked although something else is wrong. */
  readonly bridgesFile: string;
  readonly states: ReadonlyMap<PlatformId, PlatformState>;
  /** Every setting there is, in reading order, fit to be printed. */
  readonly effective: readonly EffectiveSetting[];
  /** Values of all secrets, for scrubbing logs and errors. */
  readonly secrets: readonly string[];
  /** Valid, but probably not meant. */
  readonly warnings: readonly Problem[];
  /** Absent when no variable says where Redis is. */
  readonly redis?: RedisTarget;
}

/** The whole configuration, typed. Holds secrets: never print or log one. */
export interface Config extends ConfigOutline {
  readonly common: CommonValues;
  /** The platforms that are on. */
  readonly platforms: ReadonlyMap<PlatformId, ConfiguredPlatform>;
  /** `OTEL_*`, wherever they stand; one of them may hold a credential. */
  readonly openTelemetry: Readonly<Record<string, string>>;
}

export type LoadResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly partial: ConfigOutline };

export interface LoadOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platforms: readonly Platform[];
  readonly readFile: ReadFile;
  /** Name of the file under the environment; `.env` by default, false for none. */
  readonly dotenv?: string | false;
  /** Also a problem: no platform is on. */
  readonly requirePlatform?: boolean;
  /** Also a problem: nothing says where Redis is. */
  readonly requireRedis?: boolean;
}

/**
 * Reads the environment, `.env` and the files of NAME_FILE variables into one typed result, or into everything that
 * is wrong with them at once. Never throws for a bad configuration.
 */
export function loadConfig(options: LoadOptions): LoadResult {
  const { platforms } = options;
  const groups: readonly Settings[] = [commonSettings, ...platforms.map((platform) => platform.settings)];
  const settings = groups.flatMap((group) => Object.values(group));
  const sources = withHiddenSecrets(readSources({ dotenv: '.env', ...options, settings }));
  const effectiveOf = (env: string): string | undefined =>
    sources.values.get(env)?.value ?? settings.find((setting) => setting.env === env)?.default;
  const common = resolveSettings(commonSettings, sources);
  const resolved = platforms.map((platform) => resolvePlatform(platform, sources, effectiveOf));
  return assemble({ options, sources, settings, common, resolved });
}

interface Parts {
  readonly options: LoadOptions;
  readonly sources: Sources;
  readonly settings: readonly Setting[];
  readonly common: Resolved;
  readonly resolved: readonly ResolvedPlatform[];
}

function assemble(parts: Parts): LoadResult {
  const { options, sources, common, resolved } = parts;
  const partial: Partial<CommonValues> = common.values;
  const redis = redisTarget({ redisCluster: false, ...partial });
  const outline: ConfigOutline = {
    bridgesFile: partial.bridgesFile ?? 'bridges.yaml',
    states: new Map(resolved.map((one) => [one.id, one.state])),
    effective: [...common.effective, ...resolved.flatMap((one) => one.effective)],
    secrets: sources.secrets,
    warnings: [...commonWarnings(partial), ...resolved.flatMap((one) => one.warnings)],
    ...(redis.target === undefined ? {} : { redis: redis.target }),
  };
  const problems = [
    ...sources.problems,
    ...common.problems,
    ...redis.problems,
    ...commonProblems(partial),
    ...resolved.flatMap((one) => one.problems),
    ...unknownVariables(sources, parts.settings, options.platforms),
    ...missing(outline, options, redis.problems),
  ];
  if (problems.length > 0 || !isComplete(partial)) return { ok: false, problems, partial: outline };
  const platforms = new Map(resolved.flatMap((one) => (one.configured === undefined ? [] : [[one.id, one.configured] as const])));
  return { ok: true, config: { ...outline, common: partial, platforms, openTelemetry: openTelemetryOf(sources) } };
}

function openTelemetryOf({ values }: Sources): Readonly<Record<string, string>> {
  return Object.fromEntries([...values].flatMap(([name, { value }]) => (name.startsWith('OTEL_') ? [[name, value]] : [])));
}

/** Every common setting has a default or is optional, so values without a problem are all there. */
function isComplete(values: Partial<CommonValues>): values is CommonValues {
  return Object.entries(commonSettings).every(([key, setting]) => !('default' in setting) || key in values);
}

/** With the credentials that stand within other values: the Redis URL's passwords, and what is sent to a collector of traces. */
function withHiddenSecrets(sources: Sources): Sources {
  const url = sources.values.get('REDIS_URL')?.value;
  const hidden = [...(url === undefined ? [] : redisSecrets(url)), ...Object.entries(openTelemetryOf(sources)).flatMap(headerSecrets)];
  return { ...sources, secrets: [...new Set([...sources.secrets, ...hidden])] };
}

/** `OTEL_EXPORTER_OTLP_HEADERS` and its like are `name=value,name=value`, each value percent-encoded. */
function headerSecrets([name, value]: readonly [string, string]): string[] {
  if (!/^OTEL_EXPORTER_\w*HEADERS$/.test(name)) return [];
  const values = value.split(',').map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  const plain = values.filter(canDecode).map(decodeURIComponent);
  // Also what follows the scheme of an Authorization header.
  return [value, ...values, ...plain, ...plain.flatMap((one) => one.split(' ').slice(1))].filter((one) => one !== '');
}

function missing(outline: ConfigOutline, options: LoadOptions, redisProblems: readonly Problem[]): Problem[] {
  const problems: Problem[] = [];
  if (options.requirePlatform === true && [...outline.states.values()].every((state) => state === 'off'))
    problems.push(noPlatform(options.platforms));
  if (options.requireRedis === true && outline.redis === undefined && redisProblems.length === 0) problems.push(noRedis);
  return problems;
}

const noRedis: Problem = {
  variable: 'REDIS_URL',
  message: 'REDIS_URL is missing, so the bridge does not know where Redis is',
  fix: 'set REDIS_URL=redis://127.0.0.1:6379 for a Redis on this machine, or use `npm start`, which finds or starts one',
};

function noPlatform(platforms: readonly Platform[]): Problem {
  const names = platforms.map((platform) => {
    const required = Object.values(platform.settings).filter((setting) => setting.required === true && setting.default === undefined);
    return `${platform.displayName} (${required.map((setting) => setting.env).join(', ')})`;
  });
  return {
    message: 'no platform is configured',
    fix: `set what at least one needs: ${names.join('; ')}. \`npx bridge init\` writes a .env to fill in; \`npx bridge sandbox\` needs none of it`,
  };
}
