import { createHash, timingSafeEqual } from 'node:crypto';
import { isJson, type RawRequest, type Received, type Verified, type WebhookSource } from '@bridge/core';
import { isOwn } from './parse.ts';
import { conversationFor, eventKeysOf, heldBack, type ModerationMode, readWebhook } from './shape.ts';

/** What genuine webhooks carry, and whose conversations they are about. */
export interface SourceOptions {
  readonly username: string;
  readonly password: string;
  readonly bridgeUid: string;
  readonly moderation: ModerationMode;
  /** False takes webhooks without a password. */
  readonly requireAuth: boolean;
}

const digest = (text: string | Uint8Array): Buffer => createHash('sha256').update(text).digest();

/** HTTP Basic, compared in a time that tells nothing about user or password, not even their length. */
function verify(request: RawRequest, { username, password }: SourceOptions): Verified {
  const given = /^basic\s+([a-z\d+/_=-]+)\s*$/i.exec(request.headers['authorization'] ?? '')?.[1];
  if (given === undefined) return { ok: false, status: 401, reason: 'no-basic-auth' };
  const expected = digest(Buffer.from(`${username}:${password}`, 'utf8'));
  return timingSafeEqual(digest(Buffer.from(given, 'base64')), expected)
    ? { ok: true }
    : { ok: false, status: 401, reason: 'wrong-basic-auth' };
}

function receive(json: unknown, { bridgeUid, moderation }: SourceOptions): Received {
  const incoming = readWebhook(json);
  // CometChat waits for the answer to `before_message` and stores it; an empty one lets the message through.
  if (incoming.kind === 'ignored')
    return { ok: false, reason: incoming.reason, ...(incoming.reason === 'before-message' ? { reply: {} } : {}) };
  // Before its key is taken: what is held back comes again under it.
  const held = heldBack(incoming, moderation);
  if (held !== undefined) return { ok: false, reason: held };
  const conversation = conversationFor(incoming, bridgeUid);
  // Two people's own conversation is not even stored.
  if (conversation === 'private') return { ok: false, reason: 'private-conversation' };
  // Everything that the bridge writes comes back. Here that costs nothing; in the queue it would be half of all events.
  if (isOwn(incoming, bridgeUid)) return { ok: false, reason: 'own' };
  if (!isJson(json)) return { ok: false, reason: 'malformed-event' };
  return { ok: true, events: eventKeysOf(incoming).map((eventKey) => ({ eventKey, conversation, raw: json })) };
}

/** CometChat's webhooks, current and legacy. They carry no signature; Basic authentication is all there is. */
export const webhookSource = (options: SourceOptions): WebhookSource => ({
  path: '/cometchat',
  verify: (request) => (options.requireAuth ? verify(request, options) : { ok: true }),
  receive: (json) => receive(json, options),
});
