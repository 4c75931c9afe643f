import { definePlatform, type PlatformDeps, type PlatformInstance, type Received } from '@bridge/core';
import { capabilities } from './capabilities.ts';
import { createCatchUp } from './catch-up.ts';
import { createClient } from './client.ts';
import { apiBase, type CometChatSettings, conversationOf, member, settings } from './config.ts';
import { doctor } from './doctor.ts';
import { createOpenMedia, filesBase } from './media.ts';
import { cometchat, parseWebhook } from './parse.ts';
import { createSender } from './send.ts';
import { setup } from './setup.ts';
import { webhookSource } from './source.ts';

function create(values: CometChatSettings, { requireAuth, openUrl, log }: PlatformDeps): PlatformInstance {
  const { webhookUsername: username, webhookSecret: password, apiKey, appId } = values;
  const client = createClient({ base: apiBase(values), apiKey });
  const files = createClient({ base: filesBase(values), apiKey, appId });
  const sender = createSender(client, values);
  const webhook = webhookSource({ ...values, username, password, requireAuth });
  const receive = (json: unknown): Received => webhook.receive(json);
  const { bridgeUid, catchUpSeconds } = values;
  const catchUp = createCatchUp({ client, bridgeUid, everyMs: catchUpSeconds * 1000, log, receive });
  return {
    webhook,
    ...(catchUpSeconds === 0 ? {} : { catchUp }),
    sender: {
      ...sender,
      async close() {
        files.close();
        await sender.close();
      },
    },
    parse: (event) => parseWebhook(event, values),
    openMedia: createOpenMedia({ client, files, openUrl, settings: values }),
    doctor: (look) => doctor({ client, settings: values, look }),
    setup: (look) => setup({ client, settings: values, look }),
  };
}

/** CometChat: one app, read by webhooks, written with the REST API. */
export const platform = definePlatform({
  id: cometchat,
  displayName: 'CometChat',
  settings,
  member,
  memberExample: '{ platform: cometchat, group: cometchat-guid-1 }',
  conversationOf,
  capabilities,
  create,
});
