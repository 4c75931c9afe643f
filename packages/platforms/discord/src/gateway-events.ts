import { createHash } from 'node:crypto';
import { conversationId, isJson } from '@bridge/core';
import type { RawEvent } from '@bridge/core';
import { z } from 'zod';
import type { Identity } from './config.ts';
import type { Directory } from './directory.ts';
import { isOwn } from './own.ts';
import { bulkDeleteSchema, clearedSchema, deleteSchema, ownership, reactionSchema, snowflake } from './payload.ts';

/** A gateway dispatch, as far as it is read here. */
export interface Dispatch {
  readonly t: string;
  readonly d: unknown;
  /** Its number in the session. */
  readonly s: number;
}

/** What a dispatch does not say itself. */
export interface DispatchContext {
  readonly sessionId: string;
  /** Unix milliseconds of its arrival. */
  readonly at: number;
  readonly directory: Directory;
  readonly identity: Identity;
  /** Told of a dispatch that becomes no event, and why. */
  ignored?(reason: string): void;
}

const messageHead = z.object({
  id: snowflake,
  channel_id: snowflake,
  edited_timestamp: z.string().optional().catch(undefined),
  content: z.string().catch(''),
  message_reference: z.object({ channel_id: snowflake }).optional().catch(undefined),
  ...ownership,
});

interface Head {
  readonly key: string;
  readonly channel: string;
  readonly content?: string;
  /** The channel that a forward comes from, among others. */
  readonly from?: string | undefined;
}

/**
 * The event to accept for a dispatch; undefined for the many that change no message, and for what this bridge wrote, all of
 * which comes back: in the queue that would be half of all events. Never throws.
 */
export function rawEventOf(dispatch: Dispatch, context: DispatchContext): RawEvent | undefined {
  const head = headOf(dispatch, context);
  const { d } = dispatch;
  if (typeof head === 'string' || !isJson(d)) {
    context.ignored?.(typeof head === 'string' ? head : 'nested-too-deeply');
    return undefined;
  }
  const names = namesFor(head, context.directory);
  const raw = { t: dispatch.t, d, at: context.at, ...names };
  return placed({ eventKey: head.key, conversation: conversationId(head.channel), raw }, context.directory);
}

const channelHead = z.object({ channel_id: snowflake });
const rawHead = z.looseObject({ d: z.unknown() });

/** The channel or thread that an event is about; `rawEventOf` makes none without. */
export const channelOf = ({ raw, conversation }: RawEvent): string =>
  channelHead.safeParse(rawHead.safeParse(raw).data?.d).data?.channel_id ?? conversation;

/**
 * The event with what is known of its channel. In a thread's events nothing says which channel the thread hangs on; and as
 * the thread is a part of that channel, their order is kept together.
 */
export function placed(event: RawEvent, directory: Directory): RawEvent {
  const channel = directory.channel(channelOf(event));
  const { raw } = event;
  if (channel === undefined || typeof raw !== 'object' || raw === null || Array.isArray(raw)) return event;
  const { name, thread, parent, post } = channel;
  const place = { name, thread, ...(parent === undefined ? {} : { parent }), ...(post === true ? { post } : {}) };
  return { ...event, conversation: conversationId(parent ?? channelOf(event)), raw: { ...raw, channel: place } };
}

/** What an event is told by; or why there is none, as a short constant for counting. */
function headOf(dispatch: Dispatch, context: DispatchContext): Head | string {
  switch (dispatch.t) {
    case 'MESSAGE_CREATE':
    case 'MESSAGE_UPDATE':
      return messageKey(dispatch, context.identity);
    case 'MESSAGE_DELETE': {
      const deleted = deleteSchema.safeParse(dispatch.d).data;
      return deleted === undefined ? 'malformed-delete' : { key: `delete.${deleted.id}`, channel: deleted.channel_id };
    }
    case 'MESSAGE_DELETE_BULK':
      return bulkKey(dispatch.d);
    case 'MESSAGE_REACTION_REMOVE_ALL':
    case 'MESSAGE_REACTION_REMOVE_EMOJI': {
      const cleared = clearedSchema.safeParse(dispatch.d).data;
      if (cleared === undefined) return 'malformed-reaction';
      return { key: `clear.${cleared.message_id}.${digest(context.sessionId)}.${dispatch.s}`, channel: cleared.channel_id };
    }
    case 'MESSAGE_REACTION_ADD':
    case 'MESSAGE_REACTION_REMOVE':
      return reactionKey(dispatch, context.sessionId);
    default:
      return 'no-message';
  }
}

function messageKey({ t, d }: Dispatch, identity: Identity): Head | string {
  const message = messageHead.safeParse(d).data;
  if (message === undefined) return 'malformed-message';
  if (isOwn(message, identity)) return 'own';
  const { id, channel_id: channel, edited_timestamp: edited, content } = message;
  const from = message.message_reference?.channel_id;
  if (t === 'MESSAGE_CREATE') return { key: `create.${id}`, channel, content, from };
  // Discord also sends an update when it has unfurled a link; nobody edited anything then.
  return edited === undefined ? 'link-unfurl' : { key: `update.${id}.${edited}`, channel, content, from };
}

function bulkKey(d: unknown): Head | string {
  const bulk = bulkDeleteSchema.safeParse(d).data;
  if (bulk === undefined || bulk.ids.length === 0) return 'malformed-delete';
  return { key: `bulk.${digest(bulk.ids.toSorted().join())}`, channel: bulk.channel_id };
}

/** One person may add and take away the same reaction many times, so the occurrence is part of the key. */
function reactionKey({ t, d, s }: Dispatch, sessionId: string): Head | string {
  const reaction = reactionSchema.safeParse(d).data;
  if (reaction === undefined) return 'malformed-reaction';
  const { message_id: message, user_id: user, emoji } = reaction;
  const what = digest(JSON.stringify([emoji.id ?? emoji.name ?? '', sessionId]));
  return { key: `${t === 'MESSAGE_REACTION_ADD' ? 'react' : 'unreact'}.${message}.${user}.${what}.${s}`, channel: reaction.channel_id };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

function namesFor({ content = '', from }: Head, directory: Directory) {
  const channels = mentioned(from === undefined ? content : `${content}<#${from}>`, /<#(\d{1,20})>/g, (id) => directory.nameOf(id));
  const roles = mentioned(content, /<@&(\d{1,20})>/g, (id) => directory.role(id));
  return {
    ...(channels === undefined ? {} : { channels }),
    ...(roles === undefined ? {} : { roles }),
  };
}

function mentioned(content: string, pattern: RegExp, nameOf: (id: string) => string | undefined): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const [, id = ''] of content.slice(0, 8_000).matchAll(pattern)) {
    const name = nameOf(id);
    if (name !== undefined) found[id] = name;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}
