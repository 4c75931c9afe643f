import { createHash, timingSafeEqual } from 'node:crypto';
import { conversationId, isJson, type RawEvent, type RawRequest, type Received, type Verified, type WebhookSource } from '@bridge/core';
import { z } from 'zod';
import { messageKinds } from './payload.ts';

const carried = [...messageKinds, 'message_reaction'] as const;
const inChat = z.object({ chat: z.object({ id: z.number() }) });
const header = z.looseObject({ update_id: z.int().nonnegative() });

/** Compares in a time that tells nothing about the secret, not even its length. */
function sameBytes(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** One update as the queue takes it, or why it is not carried. Total: never throws, whatever the JSON. */
export function receiveUpdate(
  update: unknown,
): { readonly ok: true; readonly event: RawEvent } | { readonly ok: false; readonly reason: string } {
  const read = header.safeParse(update);
  if (!read.success) return { ok: false, reason: 'not-an-update' };
  const kind = carried.find((name) => read.data[name] !== undefined && read.data[name] !== null);
  if (kind === undefined) return { ok: false, reason: 'unsupported-update' };
  const body = inChat.safeParse(read.data[kind]);
  if (!body.success || !isJson(update)) return { ok: false, reason: 'malformed-update' };
  return {
    ok: true,
    event: { eventKey: String(read.data.update_id), conversation: conversationId(String(body.data.chat.id)), raw: update },
  };
}

function receive(update: unknown): Received {
  const result = receiveUpdate(update);
  return result.ok ? { ok: true, events: [result.event] } : result;
}

function verify(request: RawRequest, secret: string | undefined): Verified {
  const given = request.headers['x-telegram-bot-api-secret-token'];
  if (given === undefined) return { ok: false, status: 401, reason: 'no-secret-token' };
  if (secret === undefined || !sameBytes(given, secret)) return { ok: false, status: 401, reason: 'wrong-secret-token' };
  return { ok: true };
}

/**
 * Telegram's webhook. Order is kept per chat, topics included, since that is how Telegram delivers. Without a secret
 * every call is refused, unless `requireAuth` is false.
 */
export const webhookSource = (secret: string | undefined, requireAuth: boolean): WebhookSource => ({
  path: '/telegram',
  verify: (request) => (requireAuth ? verify(request, secret) : { ok: true }),
  receive,
});
