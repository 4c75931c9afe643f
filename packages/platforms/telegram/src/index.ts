import { definePlatform, type PlatformDeps, type PlatformInstance } from '@bridge/core';
import { createClient } from './api.ts';
import { capabilities } from './capabilities.ts';
import { botIdOf, containerOf, conversationOf, member, settings, type TelegramSettings } from './config.ts';
import { doctor } from './doctor.ts';
import { createOpenMedia, mostBytesFrom } from './media.ts';
import { parseUpdate, telegram } from './parse.ts';
import { pollingSource } from './poll.ts';
import { registerWebhook } from './register.ts';
import { createSender } from './send.ts';
import { setup } from './setup.ts';
import { webhookSource } from './source.ts';

function create(values: TelegramSettings, { log, requireAuth, openUrl }: PlatformDeps): PlatformInstance {
  const client = createClient({ token: values.botToken, apiRoot: values.apiUrl });
  const botId = botIdOf(values.botToken);
  const common: PlatformInstance = {
    sender: createSender(client, { retryAmbiguous: values.onAmbiguous === 'retry' }),
    parse: (event) => parseUpdate(event, botId, mostBytesFrom(values.apiUrl)),
    openMedia: createOpenMedia({ client, values, openUrl }),
    doctor: (look) => doctor({ client, values }, look),
    setup: (look) => setup({ client, values }, look, log),
  };
  if (values.mode === 'polling') return { ...common, stream: pollingSource(client, log) };
  const secret = values.webhookSecret;
  return {
    ...common,
    webhook: webhookSource(secret, requireAuth),
    async register(publicUrl, signal) {
      if (values.autoWebhook) await registerWebhook(client, { publicUrl, secret, log }, signal);
    },
  };
}

/** Telegram: one bot, read by webhook or long polling, written with the Bot API. */
export const platform = definePlatform({
  id: telegram,
  displayName: 'Telegram',
  settings,
  member,
  memberExample: '{ platform: telegram, chat: "-4969601855", topic: 7 }',
  conversationOf,
  containerOf,
  capabilities,
  create,
});
