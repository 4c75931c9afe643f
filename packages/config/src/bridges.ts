import { defaultBridgeOptions, type Bridge, type Platform, type PlatformId } from '@bridge/core';
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { memberKeys, readMember, type MemberContext, type MemberResult } from './bridge-member.ts';
import { readOptions } from './bridge-options.ts';
import type { Problem } from './problem.ts';
import { shown } from './shown.ts';
import { fieldsOf, kindOf, quoted, unknownKeys, type Field } from './yaml-fields.ts';
import { parseYaml, type YamlSource } from './yaml-source.ts';

export type BridgesResult =
  | { readonly ok: true; readonly bridges: readonly Bridge[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface BridgesOptions {
  /** The file's name as the operator knows it, for messages. */
  readonly file: string;
  readonly platforms: readonly Platform[];
  /** True when nothing of a platform is configured; an incomplete one is not off, as its own problem is told already. */
  readonly isOff: (platform: PlatformId) => boolean;
}

const bridgeKeys: readonly string[] = ['name', 'enabled', 'members', 'options'];
const maxProblems = 50;

/**
 * Reads the text of bridges.yaml whole: every bridge of it, or every problem with line, column and fix (the first 50).
 * Total: never throws, whatever the text.
 */
export function parseBridges(text: string, options: BridgesOptions): BridgesResult {
  const source = parseYaml(text, options.file);
  if (!('problemAt' in source)) return { ok: false, problems: source };
  const keys = new Map(options.platforms.map((platform) => [platform.id, memberKeys(platform)]));
  const context: Context = { source, options, problems: [], names: new Map(), keys };
  const bridges = topLevel(context).flatMap((node) => readBridge(node, context));
  if (context.problems.length === 0) return { ok: true, bridges };
  return { ok: false, problems: context.problems.slice(0, maxProblems) };
}

interface Context {
  readonly source: YamlSource;
  readonly options: BridgesOptions;
  readonly problems: Problem[];
  /** Names seen so far, with their lines. */
  readonly names: Map<string, number | undefined>;
  readonly keys: MemberContext['keys'];
}

const wholeFile = 'write it as in bridges.example.yaml: bridges: and below it a list of bridges';

/** The entries of `bridges:`; a problem and no entries when there is no such list. */
function topLevel(context: Context): (Node | null)[] {
  const { source, problems } = context;
  if (source.root === null || (isScalar(source.root) && source.root.value === null)) {
    problems.push(source.problemAt(null, 'the file is empty', wholeFile));
    return [];
  }
  if (!isMap(source.root)) {
    problems.push(source.problemAt(source.root, `the file must begin with bridges: but holds ${kindOf(source.root)}`, wholeFile));
    return [];
  }
  const fields = fieldsOf(source.root);
  problems.push(...unknownKeys(fields, ['bridges'], { source, what: 'the file' }));
  const field = fields.find((one) => one.name === 'bridges');
  if (field === undefined) {
    problems.push(source.problemAt(source.root, 'the key bridges is missing', wholeFile));
    return [];
  }
  return listOf(field, context, 'a list of bridges, each beginning with "- name:"');
}

function listOf(field: Field, { source, problems }: Context, wanted: string): (Node | null)[] {
  const { value } = field;
  if (isSeq<Node | null>(value)) return value.items;
  problems.push(source.problemAt(value ?? field.key, `${field.name} must be a list; here is ${kindOf(value)}`, `write ${wanted}`));
  return [];
}

function readBridge(node: Node | null, context: Context): Bridge[] {
  const { source, problems } = context;
  if (!isMap(node)) {
    problems.push(
      source.problemAt(node, `a bridge is a map of keys; here is ${kindOf(node)}`, 'write it as "- name: …" with members below'),
    );
    return [];
  }
  const before = problems.length;
  const fields = fieldsOf(node);
  const field = (name: string): Field | undefined => fields.find((one) => one.name === name);
  problems.push(...unknownKeys(fields, bridgeKeys, { source, what: 'a bridge' }));
  const name = readName(field('name'), node, context);
  const enabled = readFlag(field('enabled'), true, context);
  const results = readMembers(field('members'), node, context);
  const options = { ...defaultBridgeOptions, ...readOptions(field('options'), context) };
  problems.push(...bridgeProblems({ results, enabled, node }, context));
  if (problems.length > before) return [];
  return [{ name, enabled, options, members: results.flatMap((result) => (result.ok ? [result.member] : [])) }];
}

function readName(field: Field | undefined, bridge: Node, { source, problems, names }: Context): string {
  const value = isScalar(field?.value) ? field.value.value : undefined;
  const at = field?.value ?? field?.key ?? bridge;
  const report = (message: string, fix: string): string => {
    problems.push(source.problemAt(at, message, fix));
    return '';
  };
  if (field === undefined || value === null || value === '')
    return report('a bridge must have a name', 'add name: followed by a word of your choice');
  if (typeof value !== 'string')
    return report(`name must be text; here is ${kindOf(field.value)}`, `put it in quotes: ${quoted('name', field.value)}`);
  if (value.length > 100 || /\p{Cc}/u.test(value) || value.trim() !== value)
    return report('name must be one line of at most 100 characters, without spaces around it', 'choose a shorter, plain name');
  if (names.has(value))
    return report(`two bridges are called ${shown(value, [])} (the first on line ${names.get(value)})`, 'give one of them another name');
  names.set(value, source.problemAt(at, '', '').line);
  return value;
}

function readFlag(field: Field | undefined, otherwise: boolean, { source, problems }: Context): boolean {
  if (field === undefined) return otherwise;
  if (isScalar(field.value) && typeof field.value.value === 'boolean') return field.value.value;
  problems.push(
    source.problemAt(
      field.value ?? field.key,
      `${field.name} must be true or false; here is ${kindOf(field.value)}`,
      `write ${field.name}: true or ${field.name}: false, without quotes`,
    ),
  );
  return otherwise;
}

function readMembers(field: Field | undefined, bridge: Node, context: Context): MemberResult[] {
  const { source, problems, options } = context;
  if (field === undefined) {
    problems.push(
      source.problemAt(bridge, 'a bridge must have members', 'add members: with two or more lines below, as in bridges.example.yaml'),
    );
    return [];
  }
  const before = problems.length;
  const nodes = listOf(field, context, 'two or more members, each beginning with "- {"');
  const member: MemberContext = { source, platforms: options.platforms, keys: context.keys };
  const results = nodes.map((node) => readMember(node, member));
  if (nodes.length < 2 && problems.length === before) {
    const has = nodes.length === 0 ? 'no members' : 'only one member';
    problems.push(
      source.problemAt(field.key, `a bridge needs two or more members and this has ${has}`, 'add the room that it shall be bridged with'),
    );
  }
  return results;
}

interface BridgeParts {
  readonly results: readonly MemberResult[];
  readonly enabled: boolean;
  readonly node: Node;
}

function bridgeProblems({ results, enabled, node }: BridgeParts, { source, options }: Context): Problem[] {
  const good = results.flatMap((result) => (result.ok ? [result] : []));
  const problems = results.flatMap((result) => (result.ok ? [] : result.problems));
  const seen = new Set<string>();
  for (const { member, platform, node: at } of good) {
    const key = `${member.platform} ${member.conversation}`;
    if (seen.has(key))
      problems.push(source.problemAt(at, `this ${platform.displayName} room is already a member of this bridge`, 'remove one of the two'));
    seen.add(key);
    // A bridge that is switched off may wait for its platform.
    if (enabled && options.isOff(member.platform))
      problems.push(source.problemAt(at, `${platform.displayName} is off, so this bridge cannot work`, offFix(platform)));
  }
  const isDeaf = good.length > 1 && good.length === results.length && !canCarry(good.map(({ member }) => member.direction));
  if (isDeaf)
    problems.push(
      source.problemAt(
        node,
        'no message can pass this bridge: with these directions nobody receives what another member sends',
        'remove direction from at least one member',
      ),
    );
  return problems;
}

function offFix(platform: Platform): string {
  const required = Object.values(platform.settings).filter((setting) => setting.required === true && setting.default === undefined);
  return `set ${required.map((setting) => setting.env).join(', ')} to switch ${platform.displayName} on, or remove this member, or set enabled: false on the bridge`;
}

/** Of two or more members: one brings something in, and another takes it. */
function canCarry(directions: readonly string[]): boolean {
  return directions.some((from) => from !== 'out') && directions.some((to) => to !== 'in');
}
