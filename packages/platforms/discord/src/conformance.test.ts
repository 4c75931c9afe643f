import { generateKeyPairSync, sign } from 'node:crypto';
import { isJson } from '@bridge/core';
import { platformConformance } from '@bridge/testing';
import { z } from 'zod';
import { Directory } from './directory.ts';
import { otherEvents } from './fixtures/other-events.ts';
import { applicationId, create, token } from './fixtures/payloads.ts';
import { richMessages } from './fixtures/rich-messages.ts';
import { textMessages } from './fixtures/text-messages.ts';
import { rawEventOf } from './gateway-events.ts';
import { platform } from './index.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const timestamp = '1759852800';
const signature = (body: Uint8Array): string => sign(null, Buffer.concat([Buffer.from(timestamp), body]), privateKey).toString('hex');
// Nobody's: what is our own is then left to the parser, whose cases these are.
const identity = { applicationId: undefined, own: new Set<string>() };
const dispatch = z.looseObject({ t: z.string(), d: z.unknown() });

platformConformance(platform, {
  settings: {
    token,
    applicationId,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'),
    webhookSecret: undefined,
    apiUrl: 'http://127.0.0.1:9/api',
    senderMode: 'puppets',
  },
  members: [{ channel: '1424612739296530453' }, { channel: '1424612739296530454' }],
  cases: [...textMessages, ...richMessages, ...otherEvents],
  written: (content) => create({ content }),
  // What the gateway does with a dispatch, and the names that it adds.
  receive: (raw) => {
    const { success, data } = dispatch.safeParse(raw);
    const event = success
      ? rawEventOf({ t: data.t, d: data.d, s: 7 }, { sessionId: 'session', at: 1_759_852_900_000, directory: new Directory(), identity })
      : undefined;
    if (event === undefined || !isJson(raw) || !success) return { ok: false, reason: 'not-for-us' };
    const { zz_new_field: _unknown, ...known } = data;
    const whole: unknown = { ...known, ...Object(event.raw) };
    return isJson(whole) ? { ok: true, events: [{ ...event, raw: whole }] } : { ok: false, reason: 'not-for-us' };
  },
  webhook: {
    sign: (body) => ({ 'x-signature-ed25519': signature(body), 'x-signature-timestamp': timestamp }),
    forged: [
      { name: 'a signature of zeros', headers: { 'x-signature-ed25519': '0'.repeat(128), 'x-signature-timestamp': timestamp } },
      { name: 'no timestamp', headers: { 'x-signature-ed25519': signature(new Uint8Array()) } },
      {
        name: 'a signature of another body',
        headers: { 'x-signature-ed25519': signature(Buffer.from('{}')), 'x-signature-timestamp': timestamp },
      },
      {
        name: 'a timestamp of another time',
        headers: { 'x-signature-ed25519': signature(new Uint8Array()), 'x-signature-timestamp': '1' },
      },
    ],
  },
});
