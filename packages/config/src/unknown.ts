import type { Platform, Setting } from '@bridge/core';
import type { Problem } from './problem.ts';
import { alsoKnownAs, commonPrefixes } from './settings.ts';
import { placeOfOrigin, type RawValue, type Sources } from './sources.ts';
import { nearest } from './suggest.ts';

/**
 * Variables that Kubernetes, and links of Docker, put into every container for a service called, say, `redis`:
 * nobody typed them, so they are no slip. A REDIS_PORT that a person typed holds no `tcp://`.
 */
function isServiceLink(name: string, value: string): boolean {
  if (/_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?)$/.test(name)) return true;
  if (/_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/.test(name)) return true;
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value);
}

/** Names that begin like ours and are not ours: almost always a slip, which would else stay silent. */
export function unknownVariables(sources: Sources, settings: readonly Setting[], platforms: readonly Platform[]): Problem[] {
  const prefixes = [...platforms.map((platform) => `${platform.id.toUpperCase()}_`), ...commonPrefixes];
  const known = new Set(settings.flatMap((setting) => (setting.secret === true ? [setting.env, `${setting.env}_FILE`] : [setting.env])));
  return [...sources.values]
    .filter(([name, raw]) => !known.has(name) && prefixes.some((prefix) => name.startsWith(prefix)) && !isServiceLink(name, raw.value))
    .map(([name, raw]) => unknownVariable(name, raw, [...known]));
}

function unknownVariable(variable: string, raw: RawValue, known: readonly string[]): Problem {
  const suggestion = alsoKnownAs[variable] ?? withoutFile(variable, known) ?? nearest(variable, known);
  return {
    variable,
    ...placeOfOrigin(raw.origin),
    message: `${variable} is not a variable of this bridge; the nearest known name is ${suggestion}`,
    fix: `rename ${variable} to ${suggestion} if that is what you meant, or remove it; docs/configuration.md lists them all`,
  };
}

/** NAME_FILE of a variable that is no secret, and so cannot come from a file. */
function withoutFile(variable: string, known: readonly string[]): string | undefined {
  const name = variable.replace(/_FILE$/, '');
  return known.includes(name) ? name : undefined;
}
