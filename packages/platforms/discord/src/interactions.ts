import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { RawRequest, Received, Verified, WebhookSource } from '@bridge/core';
import { z } from 'zod';

/** Ed25519 keys come as 32 raw bytes; this is what stands before them in a DER key. Source: RFC 8410. */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** How interactions are verified; the key is 64 hexadecimal digits. */
export interface InteractionOptions {
  readonly publicKey: string | undefined;
  readonly requireAuth: boolean;
}

/** HTTP interactions: Discord's check that the endpoint lives, and an answer for whoever tries a command. */
export function createInteractions({ publicKey, requireAuth }: InteractionOptions): WebhookSource {
  const key = publicKey === undefined ? undefined : keyOf(publicKey);
  return {
    path: '/discord',
    verify: (request) => (requireAuth ? check(request, key) : { ok: true }),
    receive,
  };
}

const keyOf = (hex: string): KeyObject =>
  createPublicKey({ key: Buffer.concat([derPrefix, Buffer.from(hex, 'hex')]), format: 'der', type: 'spki' });

const refuse = (reason: string): Verified => ({ ok: false, status: 401, reason });

function check({ headers, body }: RawRequest, key: KeyObject | undefined): Verified {
  if (key === undefined)
    return refuse(
      'DISCORD_PUBLIC_KEY is not set, so interactions cannot be verified. Messages do not need it: they come through the gateway.',
    );
  const signature = headers['x-signature-ed25519'];
  const timestamp = headers['x-signature-timestamp'];
  if (signature === undefined || timestamp === undefined)
    return refuse('X-Signature-Ed25519 or X-Signature-Timestamp is missing; only Discord calls this endpoint.');
  if (!/^[0-9a-fA-F]{128}$/.test(signature) || !/^\d{1,20}$/.test(timestamp)) return refuse('The signature headers are malformed.');
  const signed = Buffer.concat([Buffer.from(timestamp, 'utf8'), body]);
  return verify(null, signed, key, Buffer.from(signature, 'hex'))
    ? { ok: true }
    : refuse('The signature does not match; check DISCORD_PUBLIC_KEY.');
}

const interaction = z.object({ type: z.number() });
const ping = 1;
const ephemeral = 64;

function receive(json: unknown): Received {
  const type = interaction.safeParse(json).data?.type;
  if (type === undefined) return { ok: false, reason: 'not-an-interaction' };
  if (type === ping) return { ok: false, reason: 'ping', reply: { type: 1 } };
  const content = 'This bridge has no commands. Just write in the channel, and your message arrives in the others.';
  return { ok: false, reason: 'interaction', reply: { type: 4, data: { content, flags: ephemeral, allowed_mentions: { parse: [] } } } };
}
