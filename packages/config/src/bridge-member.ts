import { conversationId, type BridgeMember, type ConversationId, type Direction, type Platform, type PlatformId } from '@bridge/core';
import { isMap, isScalar, type Node } from 'yaml';
import { z } from 'zod';
import { readOptions } from './bridge-options.ts';
import { explainIssues, type MemberIssue } from './member-issues.ts';
import type { Problem } from './problem.ts';
import { shown } from './shown.ts';
import { meant } from './suggest.ts';
import { fieldsOf, kindOf, lostDigits, quoted, unknownKeys, type Field } from './yaml-fields.ts';
import type { YamlSource } from './yaml-source.ts';

/** What reading a member needs to know. */
export interface MemberContext {
  readonly source: YamlSource;
  readonly platforms: readonly Platform[];
  /** What `memberKeys` gives for each platform, made once per file. */
  readonly keys: ReadonlyMap<PlatformId, readonly string[]>;
}
/** A member, or what is wrong with it. `node` is where it stands, `platform` what it is on. */
export type MemberResult =
  | { readonly ok: true; readonly member: BridgeMember; readonly platform: Platform; readonly node: Node }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What a member of any platform may have. */
const ofEveryMember: readonly string[] = ['platform', 'direction', 'options'];
const directions: readonly Direction[] = ['both', 'in', 'out'];
const failed = (...problems: readonly Problem[]): MemberResult => ({ ok: false, problems });

/** A member as a person would write it, with its platform. */
export function memberExample(platform: Platform): string {
  const example = platform.memberExample.trim();
  if (!example.startsWith('{')) return example.includes('platform:') ? `{ ${example} }` : `{ platform: ${platform.id}, ${example} }`;
  return example.includes('platform:') ? example : `{ platform: ${platform.id}, ${example.slice(1).trimStart()}`;
}

/** Keys that a platform's members may have, read from its schema: `platform.member` may be a union of shapes. */
export function memberKeys(platform: Platform): string[] {
  const schema = z.toJSONSchema(platform.member, { io: 'input', unrepresentable: 'any' });
  return [...new Set(propertiesOf(schema))];
}

function propertiesOf(schema: z.core.JSONSchema._JSONSchema): string[] {
  if (typeof schema === 'boolean') return [];
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [...Object.keys(schema.properties ?? {}), ...branches.flatMap(propertiesOf)];
}

/** Reads one entry of `members`. */
export function readMember(node: Node | null, context: MemberContext): MemberResult {
  const { source } = context;
  if (!isMap(node))
    return failed(
      source.problemAt(node, `a member is a map such as { platform: …, … }; here is ${kindOf(node)}`, examples(context.platforms)),
    );
  const fields = fieldsOf(node);
  const platform = platformOf(fields, node, context);
  if ('message' in platform) return failed(platform);
  const own = fields.filter((field) => !ofEveryMember.includes(field.name));
  const known = [...ofEveryMember, ...(context.keys.get(platform.id) ?? [])];
  const direction = directionOf(fields, context);
  const wrongOptions: Problem[] = [];
  const optionsField = fields.find((field) => field.name === 'options');
  const options = readOptions(optionsField, { source, problems: wrongOptions });
  const problems = [
    ...unknownKeys(fields, known, { source, what: `a ${platform.displayName} member` }),
    ...own.flatMap((field) => lostDigitsProblem(field, source)),
    ...(typeof direction === 'string' ? [] : [direction]),
    ...wrongOptions,
  ];
  if (problems.length > 0 || typeof direction !== 'string') return failed(...problems);
  const conversation = conversationOf({ own, node, platform }, source);
  if (typeof conversation !== 'string') return failed(...conversation);
  const member = { platform: platform.id, conversation, direction, ...(optionsField === undefined ? {} : { options }) };
  return { ok: true, member, platform, node };
}

const examples = (platforms: readonly Platform[]): string => `write it like ${platforms.map(memberExample).join(' or ')}`;

function platformOf(fields: readonly Field[], node: Node, context: MemberContext): Platform | Problem {
  const { source, platforms } = context;
  const ids = platforms.map((platform) => platform.id);
  const field = fields.find((one) => one.name === 'platform');
  if (field === undefined) return source.problemAt(node, 'a member must say its platform', examples(platforms));
  const name = isScalar(field.value) ? String(field.value.value) : '';
  const found = platforms.find((platform) => platform.id === name);
  if (found !== undefined) return found;
  const suggestion = meant(name, ids);
  const fix = suggestion === undefined ? `use one of ${ids.join(', ')}` : `did you mean ${suggestion}? There are ${ids.join(', ')}`;
  return source.problemAt(field.value ?? field.key, `there is no platform ${shown(name, [])}`, fix);
}

function directionOf(fields: readonly Field[], { source }: MemberContext): Direction | Problem {
  const field = fields.find((one) => one.name === 'direction');
  if (field === undefined) return 'both';
  const value = isScalar(field.value) ? field.value.value : undefined;
  const found = directions.find((direction) => direction === value);
  return (
    found ??
    source.problemAt(
      field.value ?? field.key,
      `direction must be both, in or out; here is ${kindOf(field.value)}`,
      'use both, in (only brings messages into the bridge) or out (only receives them)',
    )
  );
}

function lostDigitsProblem(field: Field, source: YamlSource): Problem[] {
  const digits = lostDigits(field.value);
  if (digits === undefined) return [];
  const message = `${field.name} is the number ${digits.slice(0, 60)}, which is too long for a number and would lose its last digits`;
  return [source.problemAt(field.value, message, `put it in quotes: ${quoted(field.name, field.value)}`)];
}

interface MemberParts {
  readonly own: readonly Field[];
  readonly node: Node;
  readonly platform: Platform;
}

/** A platform's schema and `conversationOf` are its own code: a throw is a refusal, not a crash. */
function conversationOf(parts: MemberParts, source: YamlSource): ConversationId | readonly Problem[] {
  const { own, node, platform } = parts;
  const input = Object.fromEntries(own.map((field) => [field.name, plainValue(field.value)]));
  try {
    const result = platform.member.safeParse(input);
    if (result.success) return conversationId(platform.conversationOf(result.data));
    return explainIssues(result.error.issues, input).map((issue) => issueProblem(issue, parts, source));
  } catch {
    return [source.problemAt(node, `${platform.displayName} cannot use this member`, `write it like ${memberExample(platform)}`)];
  }
}

function plainValue(node: Node | null): unknown {
  if (isScalar(node)) return node.value;
  return node === null ? null : node.toJSON();
}

function issueProblem(issue: MemberIssue, { own, node, platform }: MemberParts, source: YamlSource): Problem {
  const field = own.find((one) => one.name === issue.key);
  const example = `write it like ${memberExample(platform)}`;
  if (issue.key === undefined) return source.problemAt(node, `this ${platform.displayName} member is not valid: ${issue.message}`, example);
  if (field === undefined) return source.problemAt(node, `a ${platform.displayName} member needs ${issue.key}`, example);
  const isBare = isScalar(field.value) && issue.wantsText && field.value.value !== null && typeof field.value.value !== 'string';
  if (isBare)
    return source.problemAt(
      field.value,
      `${issue.key} must be text; here is ${kindOf(field.value)}`,
      `put it in quotes: ${quoted(issue.key, field.value)}`,
    );
  return source.problemAt(field.value ?? field.key, `${issue.key} is not valid: ${issue.message}; here is ${kindOf(field.value)}`, example);
}
