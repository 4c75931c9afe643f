import { platformConformance } from '@bridge/testing';
import { fromAna } from './fixtures/chats.ts';
import { contentCases } from './fixtures/content.ts';
import { messageCases } from './fixtures/messages.ts';
import { platform } from './index.ts';

const secret = 'webhook-secret_1';

platformConformance(platform, {
  settings: {
    botToken: '7000001:AAF-not_a_real_token',
    webhookSecret: secret,
    apiUrl: 'http://127.0.0.1:9',
    mode: 'webhook',
    autoWebhook: false,
    onAmbiguous: 'retry',
  },
  members: [{ chat: '-4969601855', topic: 7 }, { chat: '-4969601855' }],
  cases: [...messageCases, ...contentCases],
  written: (text) => ({ update_id: 900, message: fromAna(900, { text }) }),
  webhook: {
    sign: () => ({ 'x-telegram-bot-api-secret-token': secret }),
    forged: [
      { name: 'another secret of the same length', headers: { 'x-telegram-bot-api-secret-token': 'webhook-secret_2' } },
      { name: 'only the beginning of the secret', headers: { 'x-telegram-bot-api-secret-token': 'webhook' } },
      { name: 'an empty secret', headers: { 'x-telegram-bot-api-secret-token': '' } },
    ],
  },
});
