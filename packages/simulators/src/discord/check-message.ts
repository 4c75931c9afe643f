import type { APIAttachment, APIEmbed } from 'discord-api-types/v10';
import { apiError } from './api-error.ts';
import type { Form } from './form.ts';
import { isRecord } from './json.ts';
import { readEmbeds } from './check-embeds.ts';
import type { MentionRule } from './mentions.ts';
import type { ReferenceState } from './model.ts';

/** What a message's body asks for, checked. An absent field leaves an edited message's as it is. */
export interface MessageDraft {
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly mentionRule?: MentionRule;
  readonly flags?: number;
  readonly tts: boolean;
  /** Components, a poll or stickers, which are kept but not checked. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** A draft for POST /channels/{id}/messages. */
export interface CreateDraft extends MessageDraft {
  readonly nonce?: string | number;
  readonly enforceNonce: boolean;
  readonly reference?: Pick<ReferenceState, 'type'> & {
    readonly messageId: string;
    readonly channelId?: string;
    readonly failIfNotExists: boolean;
  };
}

/** Longest text of a message, in code points. */
const maxContent = 2000;
/** SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS, IS_VOICE_MESSAGE and IS_COMPONENTS_V2: all that a sender may set. */
const settableFlags = (1 << 2) | (1 << 12) | (1 << 13) | (1 << 15);

/** Reads what every message body has. Problems stay with the form. */
export function readMessage(form: Form): MessageDraft {
  const content = form.has('content') ? (form.text('content', { max: maxContent }) ?? '') : undefined;
  const embeds = form.has('embeds') ? readEmbeds(form) : undefined;
  const mentionRule = readMentionRule(form);
  const flags = form.integer('flags');
  return {
    ...(content === undefined ? {} : { content: content.trim() }),
    ...(embeds === undefined ? {} : { embeds }),
    ...(mentionRule === undefined ? {} : { mentionRule }),
    ...(flags === undefined ? {} : { flags: flags & settableFlags }),
    tts: form.boolean('tts') ?? false,
    extra: readExtra(form),
  };
}

/** Reads the body of Create Message. @throws {ApiError} 50035 */
export function readCreate(form: Form): CreateDraft {
  const draft = readMessage(form);
  const nonce = readNonce(form);
  const enforceNonce = form.boolean('enforce_nonce') ?? false;
  const reference = readReference(form);
  form.done();
  return { ...draft, enforceNonce, ...(nonce === undefined ? {} : { nonce }), ...(reference === undefined ? {} : { reference }) };
}

/** @throws {ApiError} 50006 for a message with nothing in it. */
export function refuseEmpty(message: {
  readonly content: string;
  readonly embeds: readonly APIEmbed[];
  readonly attachments: readonly APIAttachment[];
  readonly extra: object;
}): void {
  const { content, embeds, attachments, extra } = message;
  if (content === '' && embeds.length === 0 && attachments.length === 0 && Object.keys(extra).length === 0) throw apiError('emptyMessage');
}

function readNonce(form: Form): string | number | undefined {
  const nonce = form.raw('nonce') ?? undefined;
  if (nonce === undefined) return undefined;
  const isInteger = typeof nonce === 'number' && Number.isInteger(nonce);
  if (!isInteger && typeof nonce !== 'string')
    return form.problem('nonce', 'NONCE_TYPE_INVALID_TYPE', 'This field must be a string or integer.');
  if (String(nonce).length > 25) return form.problem('nonce', 'NONCE_TYPE_TOO_LONG', 'Must be 25 or fewer characters long.');
  return nonce;
}

function readReference(form: Form): CreateDraft['reference'] {
  const reference = form.object('message_reference');
  if (reference === undefined) return undefined;
  const kind = reference.integer('type', { min: 0, max: 1 }) ?? 0;
  const failIfNotExists = reference.boolean('fail_if_not_exists') ?? true;
  const channelId = reference.snowflake('channel_id');
  if (kind === 1) reference.require('channel_id');
  const messageId = reference.require('message_id') ? reference.snowflake('message_id') : undefined;
  if (messageId === undefined) return undefined;
  return { type: kind === 1 ? 1 : 0, messageId, failIfNotExists, ...(channelId === undefined ? {} : { channelId }) };
}

function readMentionRule(form: Form): MentionRule | undefined {
  const rule = form.object('allowed_mentions');
  if (rule === undefined) return undefined;
  const parse = rule.choices('parse', ['users', 'roles', 'everyone']) ?? [];
  const users = rule.snowflakes('users', 100) ?? [];
  const roles = rule.snowflakes('roles', 100) ?? [];
  for (const [kind, ids] of [
    ['users', users],
    ['roles', roles],
  ] as const) {
    if (!parse.includes(kind) || ids.length === 0) continue;
    const message = `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`;
    rule.problem('', 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE', message);
  }
  return { parse, users, roles, repliedUser: rule.boolean('replied_user') ?? false };
}

function readExtra(form: Form): Record<string, unknown> {
  const extra: Record<string, unknown> = {};
  const components = form.list('components', 40) ?? [];
  const stickers = form.snowflakes('sticker_ids', 3) ?? [];
  const poll = form.raw('poll');
  if (components.length > 0) extra['components'] = components;
  if (stickers.length > 0) extra['sticker_items'] = stickers.map((id) => ({ id, name: `sticker-${id}`, format_type: 1 }));
  if (isRecord(poll)) extra['poll'] = poll;
  return extra;
}
