import fc from 'fast-check';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Removes, replaces or adds one value somewhere in a JSON tree. */
function change(tree: unknown, path: readonly number[], edit: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  const entries = typeof tree === 'object' && tree !== null ? Object.entries(tree) : [];
  const chosen = step === undefined ? undefined : entries[step % Math.max(1, entries.length)];
  if (chosen === undefined) return edit(tree);
  const [key, child] = chosen;
  const next = change(child, rest, edit);
  if (Array.isArray(tree)) return tree.flatMap((old: unknown, index) => (String(index) !== key ? [old] : next === undefined ? [] : [next]));
  return Object.fromEntries(entries.map(([name, old]) => [name, name === key ? next : old]).filter(([, value]) => value !== undefined));
}

const addField = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, zz_new_field: { a: [1] } } : value;

const edits: fc.Arbitrary<(value: unknown) => unknown> = fc.oneof(
  fc.constant(() => undefined),
  fc.constant(() => null),
  fc.constant(addField),
  fc.constantFrom<unknown>('', 0, -1, 1e21, true, [], {}, '\u0000', '__proto__').map((value) => () => value),
  fc.jsonValue().map((value) => () => value),
);

/** A captured payload with one to three values removed, nulled, replaced or extended, anywhere in it. */
export const mutationsOf = (raw: unknown): fc.Arbitrary<unknown> =>
  fc
    .array(fc.tuple(fc.array(fc.nat(12), { maxLength: 8 }), edits), { minLength: 1, maxLength: 3 })
    .map((mutations) => mutations.reduce<unknown>((tree, [path, edit]) => change(tree, path, edit) ?? null, raw));

/** JSON that is nested so deeply that a recursive parser overflows its stack on it. */
export const deepJson = (depth: number): Json => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

/** The same JSON with the keys of every object in the opposite order. */
export function reorderedKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => reorderedKeys(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, child]) => [key, reorderedKeys(child)]),
  );
}

/** The value itself, with every write to it or below it made an error. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
