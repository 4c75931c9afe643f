import { type BridgeOptions, type OptionField, optionFields } from '@bridge/core';
import { isMap, isNode, isScalar, isSeq } from 'yaml';
import { patternFault } from './pattern.ts';
import type { Problem } from './problem.ts';
import { shown } from './shown.ts';
import { meant } from './suggest.ts';
import { type Field, fieldsOf, kindOf, unknownKeys } from './yaml-fields.ts';
import type { YamlSource } from './yaml-source.ts';

const optionNames: readonly string[] = Object.keys(optionFields);

export interface OptionsContext {
  readonly source: YamlSource;
  readonly problems: Problem[];
}

const knownFields: Readonly<Record<string, OptionField>> = optionFields;

/** Reads `options:` of a bridge or a member: only what stands there. Every problem is added to the context's. */
export function readOptions(field: Field | undefined, context: OptionsContext): Partial<BridgeOptions> {
  if (field === undefined) return {};
  const { source, problems } = context;
  if (!isMap(field.value)) {
    const fix = `write options: with lines such as edits: false below, or remove it; known: ${optionNames.join(', ')}`;
    problems.push(source.problemAt(field.value ?? field.key, `options must be a map of keys; here is ${kindOf(field.value)}`, fix));
    return {};
  }
  const fields = fieldsOf(field.value);
  problems.push(...unknownKeys(fields, optionNames, { source, what: 'options' }));
  return Object.fromEntries(fields.flatMap((one) => readOption(one, context)));
}

function readOption(field: Field, { source, problems }: OptionsContext): [string, unknown][] {
  const known = Object.hasOwn(knownFields, field.name) ? knownFields[field.name] : undefined;
  if (known === undefined) return [];
  const strange = known.words === undefined ? [] : strangeWords(field, known.words, source);
  problems.push(...strange);
  if (strange.length > 0) return [];
  const at = field.value ?? field.key;
  const parsed = known.schema.safeParse(field.value?.toJSON());
  if (!parsed.success) {
    problems.push(
      source.problemAt(
        at,
        `${field.name} must be ${known.wants}; here is ${kindOf(field.value)}`,
        `write it like ${field.name}: ${JSON.stringify(known.default)}`,
      ),
    );
    return [];
  }
  const faults = field.name === 'ignoreMessages' ? patternFaults(parsed.data) : [];
  for (const fault of faults) {
    const fix = 'write the pattern in RE2 syntax (no look-ahead, no back-references), and quote it with single quotes';
    problems.push(source.problemAt(at, `ignoreMessages has a pattern that cannot be read: ${fault}`, fix));
  }
  return faults.length > 0 ? [] : [[field.name, parsed.data]];
}

/** Texts in a list that are none of its words, each with what was probably meant. */
function strangeWords({ name, value }: Field, words: readonly string[], source: YamlSource): Problem[] {
  const entries = isSeq(value) ? value.items.filter(isNode) : [];
  return entries.flatMap((entry) => {
    const word = isScalar(entry) ? entry.value : undefined;
    if (typeof word !== 'string' || words.includes(word)) return [];
    const suggestion = meant(word, words);
    const fix = `${suggestion === undefined ? 'remove it.' : `did you mean ${suggestion}?`} Known here: ${words.join(', ')}`;
    return [source.problemAt(entry, `${name} knows no ${shown(word, [])}`, fix)];
  });
}

const patternFaults = (patterns: unknown): string[] =>
  Array.isArray(patterns) ? patterns.flatMap((pattern) => patternFault(String(pattern)) ?? []) : [];
