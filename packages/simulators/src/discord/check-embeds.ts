import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import { codePoints, type Form } from './form.ts';
import { isList, isRecord } from './json.ts';

/** Limits in code points. Source: API reference, "Embed Limits". */
const limits = {
  title: 256,
  description: 4096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1024,
  footer: 2048,
  author: 256,
  all: 6000,
  embeds: 10,
};

/** Reads `embeds`; their problems stay with the form. Only texts and links are checked. */
export function readEmbeds(form: Form): readonly APIEmbed[] {
  const forms = form.objects('embeds', limits.embeds) ?? [];
  let size = 0;
  const embeds = forms.map((embed) => {
    const texts = [
      embed.text('title', { max: limits.title }),
      embed.text('description', { max: limits.description }),
      embed.object('footer')?.text('text', { max: limits.footer }),
      embed.object('author')?.text('name', { max: limits.author }),
      ...readFields(embed),
    ];
    size += texts.reduce((sum, text) => sum + codePoints(text ?? ''), 0);
    return assemble(embed);
  });
  if (size > limits.all) form.problem('embeds', 'MAX_EMBED_SIZE_EXCEEDED', `Embed size exceeds maximum size of ${limits.all}`);
  return embeds;
}

function readFields(embed: Form): readonly (string | undefined)[] {
  return (embed.objects('fields', limits.fields) ?? []).flatMap((field) =>
    [['name', limits.fieldName] as const, ['value', limits.fieldValue] as const].map(([name, max]) =>
      field.require(name) ? field.text(name, { max }) : undefined,
    ),
  );
}

/** What a sender may set, which excludes `type`, `provider` and `video`. */
function assemble(embed: Form): APIEmbed {
  const title = embed.raw('title');
  const description = embed.raw('description');
  const url = embed.url('url');
  const timestamp = embed.raw('timestamp');
  const color = embed.integer('color', { min: 0, max: 0xffffff });
  return {
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(url === undefined ? {} : { url }),
    ...(typeof timestamp === 'string' ? { timestamp } : {}),
    ...(color === undefined ? {} : { color }),
    ...nested(embed),
  };
}

function nested(embed: Form): Partial<APIEmbed> {
  const parts: Record<string, unknown> = {};
  for (const name of ['footer', 'author', 'image', 'thumbnail']) {
    const part = embed.raw(name);
    if (isRecord(part)) parts[name] = part;
  }
  const fields = embed.raw('fields');
  return { ...parts, ...(isList(fields) ? { fields: fields.filter(isField) } : {}) };
}

const isField = (field: unknown): field is APIEmbedField =>
  isRecord(field) && typeof field['name'] === 'string' && typeof field['value'] === 'string';
