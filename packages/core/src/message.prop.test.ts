import { deliveryArbitrary, envelopeArbitrary, eventArbitrary } from '@bridge/testing/arbitraries';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { deliverySchema, eventSchema, inboundSchema } from './message.ts';

const contracts: [string, z.ZodType, fc.Arbitrary<object>][] = [
  ['eventSchema', eventSchema, eventArbitrary],
  ['inboundSchema', inboundSchema, envelopeArbitrary],
  ['deliverySchema', deliverySchema, deliveryArbitrary],
];

/** Sets or removes one value somewhere in a tree; `undefined` removes. */
function mutated(tree: unknown, path: readonly number[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof tree !== 'object' || tree === null) return value;
  const entries = Object.entries(tree);
  const chosen = entries[step % Math.max(1, entries.length)];
  if (chosen === undefined) return value;
  const [key, child] = chosen;
  const next = mutated(child, rest, value);
  if (Array.isArray(tree)) return tree.map((old: unknown, index) => (String(index) === key ? next : old));
  return Object.fromEntries(entries.map(([name, old]) => [name, name === key ? next : old]).filter(([, kept]) => kept !== undefined));
}

describe.each(contracts)('%s', (_name, schema, arbitrary) => {
  test('gives back what went through JSON', () => {
    fc.assert(fc.property(arbitrary, (value) => void expect(schema.parse(JSON.parse(JSON.stringify(value)))).toEqual(value)));
  });

  test('refuses another version', () => {
    fc.assert(
      fc.property(
        arbitrary,
        fc.constantFrom(0, 2, '1', null, undefined),
        (value, v) => void expect(schema.safeParse({ ...value, v }).success).toBe(false),
      ),
    );
  });

  test('answers any JSON without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void expect(typeof schema.safeParse(value).success).toBe('boolean')));
  });

  test('answers a damaged value without throwing, and what it accepts it accepts again', () => {
    fc.assert(
      fc.property(
        arbitrary,
        fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }),
        fc.option(fc.jsonValue(), { nil: undefined }),
        (value, path, damage) => {
          const result = schema.safeParse(mutated(value, path, damage));
          if (result.success) expect(schema.parse(result.data)).toEqual(result.data);
        },
      ),
    );
  });

  test('drops fields that it does not know', () => {
    fc.assert(fc.property(arbitrary, (value) => void expect(schema.parse({ ...value, zzUnknown: 1 })).toEqual(value)));
  });
});

describe('deep nesting is refused without a crash', () => {
  const deepJson = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  test.each([5_000, 400_000])('%d levels of raw JSON', (depth) => {
    const [envelope] = fc.sample(envelopeArbitrary, { numRuns: 1, seed: 1 });
    expect(inboundSchema.safeParse({ ...envelope, raw: [] }).success).toBe(true);
    expect(inboundSchema.safeParse({ ...envelope, raw: deepJson(depth) }).success).toBe(false);
  });

  test.each([5_000, 400_000])('%d levels of metadata or body', (depth) => {
    const [event] = fc.sample(eventArbitrary, { numRuns: 1, seed: 1 });
    for (const field of ['metadata', 'body']) {
      const content = { ...event?.content, [field]: { deep: deepJson(depth) } };
      expect(eventSchema.safeParse({ ...event, content }).success).toBe(false);
    }
  });
});
