import { conversationId, type ConversationId, type SettingsOf } from '@bridge/core';
import { z } from 'zod';

/** What the bridge needs to know to work with one CometChat app; see `Setting` for what each field is used for. */
export const settings = {
  appId: {
    env: 'COMETCHAT_APP_ID',
    schema: z.string().regex(/^[\w-]+$/, 'an app id is letters and digits, such as 2345678abcdef90'),
    required: true,
    describe: 'The app whose groups are bridged.',
    where: 'app.cometchat.com → your app → the App ID at the top of its page.',
  },
  region: {
    env: 'COMETCHAT_REGION',
    schema: z.enum(['us', 'eu', 'in']),
    required: true,
    describe: 'Where the app is hosted: us, eu or in.',
    where: 'app.cometchat.com → your app → Region, beside the App ID.',
  },
  apiKey: {
    env: 'COMETCHAT_API_KEY',
    schema: z.string().regex(/^\S+$/, 'a REST API key has no spaces'),
    secret: true,
    required: true,
    describe: 'REST API key with which the bridge writes.',
    where: 'app.cometchat.com → your app → API & Auth Keys → REST API Key with scope fullAccess (the Auth Key does not do).',
  },
  webhookUsername: {
    env: 'COMETCHAT_WEBHOOK_USERNAME',
    schema: z.string().regex(/^[^:]+$/, 'a user name of HTTP Basic authentication has no colon'),
    default: 'cometchat',
    describe: 'User name that CometChat sends with its webhooks.',
    where: 'app.cometchat.com → your app → Webhooks → your webhook → Basic authentication → Username.',
  },
  webhookSecret: {
    env: 'COMETCHAT_WEBHOOK_SECRET',
    schema: z.string().min(1),
    secret: true,
    required: true,
    describe: 'Password that CometChat sends with its webhooks: letters and digits, at most 100.',
    where:
      'Make one up, for example with: openssl rand -hex 32. ' +
      'Enter it at app.cometchat.com → your app → Webhooks → your webhook → Password.',
  },
  apiUrl: {
    env: 'COMETCHAT_API_URL',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    describe: 'Base of the REST API including /v3, for an installation of your own; otherwise it follows from app id and region.',
  },
  senderMode: {
    env: 'COMETCHAT_SENDER_MODE',
    schema: z.enum(['puppets', 'single']),
    default: 'puppets',
    describe:
      '`puppets`: each author from elsewhere gets a user of the app, with name and avatar. ' +
      '`single`: one user writes for all, with names in the text.',
  },
  bridgeUid: {
    env: 'COMETCHAT_BRIDGE_UID',
    schema: z.string().regex(/^[a-z\d_-]{1,100}$/, 'a uid has lower-case letters, digits, - and _'),
    default: 'bridge',
    describe: 'The bridge’s own user, made when it is missing: it writes in one-to-one conversations, and everywhere with single mode.',
  },
  moderation: {
    env: 'COMETCHAT_MODERATION',
    schema: z.enum(['relay', 'approved']),
    default: 'relay',
    describe:
      'With the app’s moderation on, `relay` carries a message at once and deletes the copies when it is blocked; `approved` waits ' +
      'until it is approved (tick moderation_engine_approved and moderation_manual_approved too, or nothing is carried).',
  },
  catchUpSeconds: {
    env: 'COMETCHAT_CATCH_UP_SECONDS',
    schema: z.coerce
      .number('a whole number of seconds, 0 for never')
      .int('a whole number of seconds')
      .min(0, '0 or more seconds')
      .max(3_600, 'at most an hour, 3600'),
    default: '60',
    describe:
      'How often bridged groups are looked through for messages, edits and deletes that no webhook brought, in seconds; 0 for never. ' +
      'CometChat gives a webhook up after 40 seconds at most.',
  },
} as const;
/** The parsed values of `settings`. */
export type CometChatSettings = SettingsOf<typeof settings>;

/** The base of the REST API, without a slash at its end. https://www.cometchat.com/docs/rest-api */
export const apiBase = ({ apiUrl, appId, region }: Pick<CometChatSettings, 'apiUrl' | 'appId' | 'region'>): string =>
  (apiUrl ?? `https://${appId}.api-${region}.cometchat.io/v3`).replace(/\/+$/, '');

const id = z.string().regex(/^[\w-]{1,100}$/, 'write the id as the dashboard shows it: letters, digits, - and _');

/** A group, or the conversation that one person has with the bridge's own user. */
export const member = z.union([
  z.strictObject({ group: id }),
  // CometChat makes every uid lower case.
  z.strictObject({ user: id.transform((uid) => uid.toLowerCase()) }),
]);
/** The parsed member of a bridge. */
export type CometChatMember = z.infer<typeof member>;

/** `group:<guid>`, or `user:<uid>` for that person's conversation with the bridge's own user. */
export const conversationOf = (of: CometChatMember): ConversationId =>
  conversationId('group' in of ? `group:${of.group}` : `user:${of.user}`);

/** Where the REST API has to send what is meant for a conversation. */
export type Target = { readonly receiverType: 'group' | 'user'; readonly receiver: string };

/** The inverse of `conversationOf`. */
export const targetOf = (conversation: ConversationId): Target => {
  const [kind, ...rest] = conversation.split(':');
  return { receiverType: kind === 'user' ? 'user' : 'group', receiver: rest.join(':') };
};
