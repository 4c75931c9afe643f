import { isMap, isNode, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import type { Problem } from './problem.ts';
import { shown } from './shown.ts';
import { meant } from './suggest.ts';
import type { YamlSource } from './yaml-source.ts';

/** A key of a map with its value, each with its place. */
export interface Field {
  readonly name: string;
  readonly key: Node | null;
  readonly value: Node | null;
}

/** The fields of a map in the order in which they stand. */
export function fieldsOf(map: YAMLMap): Field[] {
  return map.items.map(({ key, value }) => ({
    name: isScalar(key) ? String(key.value) : '',
    key: isNode(key) ? key : null,
    value: isNode(value) ? value : null,
  }));
}

/** A scalar as it stands in the file, without quotes. */
const writtenAs = (node: Scalar): string => node.source ?? '';

/** What a node is, in words for a message. */
export function kindOf(node: Node | null): string {
  if (node === null) return 'nothing';
  if (isMap(node)) return 'a map of keys';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  const written = shown(writtenAs(node), []);
  if (typeof node.value === 'number' || typeof node.value === 'bigint') return `the number ${written.slice(1, -1)}`;
  return typeof node.value === 'boolean' ? `the truth value ${written.slice(1, -1)}` : `the text ${written}`;
}

/** Keys that nobody asked for, each with what was probably meant. */
export function unknownKeys(
  fields: readonly Field[],
  known: readonly string[],
  at: { readonly source: YamlSource; readonly what: string },
): Problem[] {
  return fields
    .filter((field) => !known.includes(field.name))
    .map((field) => {
      const suggestion = meant(field.name, known);
      const fix =
        suggestion === undefined
          ? `remove it; known here: ${known.join(', ')}`
          : `did you mean ${suggestion}? Known here: ${known.join(', ')}`;
      return at.source.problemAt(field.key, `${at.what} has no key ${shown(field.name, [])}`, fix);
    });
}

/** A number that JavaScript cannot hold exactly, such as an unquoted Discord id: it would silently be another one. */
export function lostDigits(node: Node | null): string | undefined {
  if (!isScalar(node) || typeof node.value !== 'number' || Number.isSafeInteger(node.value)) return undefined;
  return /^[+-]?\d+$/.test(node.source ?? '') ? node.source : undefined;
}

/** How a scalar that should be text is to be written: in quotes. */
export function quoted(name: string, node: Node | null): string {
  return isScalar(node) ? `${name}: "${writtenAs(node).slice(0, 60)}"` : `${name}: "…"`;
}
