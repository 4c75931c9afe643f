import { optionFields, type OptionField, type Platform } from '@bridge/core';
import { z } from 'zod';

const direction = {
  enum: ['both', 'in', 'out'],
  default: 'both',
  description: 'in: only brings messages into the bridge; out: only receives them.',
};

/** JSON schema of bridges.yaml, for editors. `parseBridges` is what decides; it also knows what a schema cannot say. */
export function bridgesSchema(platforms: readonly Platform[]): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'bridges.yaml',
    description: 'Which rooms are bridged.',
    ...closed({ bridges: { type: 'array', items: { $ref: '#/$defs/bridge' } } }, ['bridges']),
    $defs: {
      bridge: closed(
        {
          name: { type: 'string', minLength: 1, maxLength: 100, description: 'Unique; shown in logs.' },
          enabled: { type: 'boolean', default: true },
          members: { type: 'array', minItems: 2, items: { oneOf: platforms.map((platform) => ({ $ref: `#/$defs/${platform.id}` })) } },
          options: { $ref: '#/$defs/options' },
        },
        ['name', 'members'],
      ),
      options: closed(Object.fromEntries(Object.entries(optionFields).map(([name, field]) => [name, optionSchema(field)])), []),
      ...Object.fromEntries(platforms.map((platform) => [platform.id, memberSchema(platform)])),
    },
  };
}

function optionSchema({ schema, default: otherwise, describe }: OptionField): object {
  const { $schema: _version, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { ...rest, default: otherwise, description: describe };
}

const closed = (properties: object, required: readonly string[]): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

function memberSchema(platform: Platform): object {
  const { $schema: _version, ...schema } = z.toJSONSchema(platform.member, { io: 'input', unrepresentable: 'any' });
  return { title: `A ${platform.displayName} room`, ...asMember(schema, platform) };
}

/** What is read of a schema here; the rest of it is passed on. */
interface Shape {
  readonly anyOf?: readonly (Shape | boolean)[] | undefined;
  readonly oneOf?: readonly (Shape | boolean)[] | undefined;
  readonly properties?: object | undefined;
  readonly required?: readonly string[] | undefined;
}

/** Adds `platform`, `direction` and `options` to every shape that a member may have; shapes are closed, so they cannot be added beside. */
function asMember(schema: Shape, platform: Platform): object {
  const branch = (one: Shape | boolean): object | boolean => (typeof one === 'boolean' ? one : asMember(one, platform));
  const inner = {
    ...(schema.anyOf === undefined ? {} : { anyOf: schema.anyOf.map(branch) }),
    ...(schema.oneOf === undefined ? {} : { oneOf: schema.oneOf.map(branch) }),
  };
  if (schema.properties === undefined) return { ...schema, ...inner };
  const properties = { platform: { const: platform.id }, ...schema.properties, direction, options: { $ref: '#/$defs/options' } };
  return { ...schema, ...inner, properties, required: ['platform', ...(schema.required ?? [])] };
}
