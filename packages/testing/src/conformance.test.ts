import { createHash, timingSafeEqual } from 'node:crypto';
import {
  conversationId,
  definePlatform,
  eventId,
  messageId,
  paragraphs,
  plainText,
  platformId,
  userId,
  type Parsed,
  type RawEvent,
  type Verified,
  everyKind,
} from '@bridge/core';
import { z } from 'zod';
import { platformConformance } from './conformance.ts';

const id = platformId('example');
const payload = z.object({ key: z.string().min(1), room: z.string().min(1), text: z.string(), own: z.boolean().optional() });
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function verify(given: string | undefined, secret: string): Verified {
  const ok = given !== undefined && timingSafeEqual(digest(given), digest(secret));
  return ok ? { ok } : { ok, status: 401, reason: 'wrong secret' };
}

function parse({ eventKey, raw }: RawEvent): Parsed {
  const { success, data } = payload.safeParse(raw);
  if (!success) return { kind: 'dropped', reason: 'not-understood' };
  if (data.own === true) return { kind: 'own' };
  const message = messageId(data.key);
  const author = { id: userId('1'), name: 'ana', displayName: 'Ana', isBot: false };
  const channel = { id: conversationId(data.room), name: data.room, type: 'group' } as const;
  const content = { text: data.text, attachments: [], metadata: {}, body: paragraphs(data.text) };
  const timestamp = '2026-01-01T00:00:00.000Z';
  return {
    kind: 'events',
    events: [
      {
        v: 1,
        type: 'message.created',
        id: eventId(id, message),
        source: id,
        message,
        eventKey,
        author,
        channel,
        timestamp,
        platform: {},
        content,
      },
    ],
  };
}

/** The least that meets the contract: the kit has to pass it, so that what it finds elsewhere is the platform's. */
const example = definePlatform({
  id,
  displayName: 'Example',
  settings: {
    secret: {
      env: 'EXAMPLE_SECRET',
      schema: z.string(),
      secret: true,
      required: true,
      describe: 'Proves webhooks',
      where: 'Settings, Webhooks, Secret',
    },
  },
  member: z.strictObject({ room: z.string().min(1) }),
  memberExample: '{ room: lobby }',
  conversationOf: ({ room }) => conversationId(room),
  capabilities: {
    text: {
      maxLength: 2000,
      unit: 'utf16',
      formatting: {
        bold: 'full',
        italic: 'full',
        underline: 'text',
        strike: 'full',
        spoiler: 'text',
        code: 'full',
        link: 'text',
        mention: 'text',
        'custom-emoji': 'text',
        timestamp: 'text',
        heading: 'text',
        quote: 'text',
        'code-block': 'text',
        list: 'text',
      },
    },
    files: {
      how: 'upload',
      maxPerMessage: 10,
      maxBytes: everyKind(1_000_000),
      captionMaxLength: 1000,
      groups: everyKind('any'),
      captionless: [],
    },
    reactionsBy: 'person',
    attachments: {
      image: 'text',
      video: 'text',
      animation: 'text',
      audio: 'text',
      voice: 'text',
      'round-video': 'text',
      sticker: 'text',
      file: 'text',
    },
    edit: 'full',
    delete: 'full',
    reply: 'text',
    thread: 'none',
    reactions: 'text',
    idempotentSend: false,
    reports: { edits: false, deletes: false, reactions: false },
  },
  create: ({ secret }, { requireAuth }) => ({
    webhook: {
      path: '/example',
      verify: ({ headers }) => (requireAuth ? verify(headers['x-secret'], secret) : { ok: true }),
      receive: (json) => {
        const { success, data } = payload.safeParse(json);
        return success
          ? {
              ok: true,
              events: [{ eventKey: data.key, conversation: conversationId(data.room), raw: { ...data, own: data.own ?? false } }],
            }
          : { ok: false, reason: 'not-understood' };
      },
    },
    sender: {
      deliver: async () => ({ message: messageId('1') }),
      measure: (body) => plainText(body).length,
      impersonates: () => false,
      close: async () => undefined,
    },
    parse,
  }),
});

platformConformance(example, {
  settings: { secret: 'correct horse' },
  members: [{ room: 'lobby' }, { room: 'attic' }],
  written: (text) => ({ key: '900', room: 'r', text }),
  cases: [
    {
      name: 'text',
      raw: { key: '1', room: 'lobby', text: 'hello' },
      expected: { type: 'message.created', content: { text: 'hello', attachments: [], metadata: {}, body: paragraphs('hello') } },
    },
    { name: 'our own', raw: { key: '2', room: 'lobby', text: 'hello', own: true }, expected: { own: true } },
    { name: 'something else', raw: { ping: true }, expected: { dropped: 'not-understood' } },
  ],
  webhook: { sign: () => ({ 'x-secret': 'correct horse' }), forged: [{ name: 'a wrong secret', headers: { 'x-secret': 'correct hors' } }] },
});
