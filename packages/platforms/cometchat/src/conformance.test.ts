import { platformConformance } from '@bridge/testing';
import { contentCases } from './fixtures/content.ts';
import { andrew, inGroup, webhook } from './fixtures/envelopes.ts';
import { messageCases } from './fixtures/messages.ts';
import { platform } from './index.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text, 'utf8').toString('base64')}`;

platformConformance(platform, {
  settings: {
    appId: '2345678',
    region: 'eu',
    apiKey: 'a'.repeat(40),
    webhookUsername: 'cometchat',
    webhookSecret: 'Webhook1Secret',
    apiUrl: 'http://127.0.0.1:9/v3',
    senderMode: 'puppets',
    bridgeUid: 'bridge',
    moderation: 'relay',
    catchUpSeconds: 60,
  },
  members: [{ group: 'cometchat-guid-1' }, { user: 'cometchat-guid-1' }, { group: 'Other_Group' }],
  cases: [...messageCases, ...contentCases],
  written: (text) => webhook('message_sent', inGroup('900', andrew, { text })),
  webhook: {
    sign: () => ({ authorization: basic('cometchat:Webhook1Secret') }),
    forged: [
      { name: 'another password of the same length', headers: { authorization: basic('cometchat:Webhook2Secret') } },
      { name: 'another user', headers: { authorization: basic('cometchas:Webhook1Secret') } },
      { name: 'no password', headers: { authorization: basic('cometchat:') } },
      { name: 'the secret unencoded', headers: { authorization: 'Basic cometchat:Webhook1Secret' } },
      { name: 'another scheme', headers: { authorization: basic('cometchat:Webhook1Secret').replace('Basic', 'Bearer') } },
    ],
  },
});
