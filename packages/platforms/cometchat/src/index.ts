import { definePlatform, type PlatformDeps, type PlatformInstance } from '@bridge/core';
import { capabilities } from './capabilities.ts';
import { createClient } from './client.ts';
import { apiBase, type CometChatSettings, conversationOf, member, settings } from './config.ts';
import { cometchat, parseWebhook } from './parse.ts';
import { createSender } from './send.ts';
import { webhookSource } from './source.ts';

function create(values: CometChatSettings, { requireAuth }: PlatformDeps): PlatformInstance {
  const client = createClient({ base: apiBase(values), apiKey: values.apiKey });
  const { webhookUsername: username, webhookSecret: password, bridgeUid } = values;
  return {
    webhook: webhookSource({ username, password, bridgeUid, requireAuth }),
    sender: createSender(client, values),
    parse: (event) => parseWebhook(event, bridgeUid),
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
