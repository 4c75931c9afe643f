import { checkChat } from './access.ts';
import { ApiError, badRequest } from './api-error.ts';
import { updateKinds } from './api-table.ts';
import type { Method, MethodContext } from './method.ts';
import type { ChatState } from './model.ts';
import { boolean, integer, json, type Params } from './params.ts';
import { apiChat } from './render.ts';

const longestPollS = 50;
const webhookPorts = new Set(['', '80', '88', '443', '8443']);
const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

const getMe: Method = (_params, { world, privacy }) => ({
  result: {
    ...world.bot,
    can_join_groups: true,
    can_read_all_group_messages: !privacy.on,
    supports_inline_queries: false,
    supports_guest_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
    has_topics_enabled: false,
    allows_users_to_create_topics: false,
    can_manage_bots: false,
  },
});

const setWebhook: Method = (params, context) => {
  const url = params.get('url') ?? '';
  if (url === '') return deleteWebhook(params, context);
  checkUrl(url);
  const secret = params.get('secret_token') ?? '';
  if (secret.length > 256) throw badRequest('secret token is too long');
  if (!/^[\w-]*$/.test(secret)) throw badRequest('secret token contains unallowed characters');
  const config = { url, secret, maxConnections: integer(params, 'max_connections', { fallback: 40, min: 1, max: 100 }) };
  allow(params, context);
  if (boolean(params, 'drop_pending_updates')) context.queue.clear();
  else if (JSON.stringify(context.webhook?.config) === JSON.stringify(config))
    return { result: true, description: 'Webhook is already set' };
  context.queue.endPoll('Conflict: terminated by setWebhook request');
  context.setWebhook(config);
  return { result: true, description: 'Webhook was set' };
};

/** Telegram wants https and one of four ports. A simulation may deliver to this machine as it likes. */
function checkUrl(text: string): void {
  if (!URL.canParse(text.includes('://') ? text : `https://${text}`)) throw badRequest('invalid webhook URL specified');
  const url = new URL(text.includes('://') ? text : `https://${text}`);
  if (loopback.has(url.hostname)) return;
  if (url.protocol !== 'https:') throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  if (!webhookPorts.has(url.port)) throw badRequest('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443');
}

const deleteWebhook: Method = (params, context) => {
  const was = context.webhook !== undefined;
  context.setWebhook(undefined);
  if (boolean(params, 'drop_pending_updates')) context.queue.clear();
  return { result: true, description: was ? 'Webhook was deleted' : 'Webhook is already deleted' };
};

const getWebhookInfo: Method = (_params, { webhook, queue }) => ({
  result: {
    url: webhook?.config.url ?? '',
    has_custom_certificate: false,
    pending_update_count: queue.size,
    ...(webhook?.lastError ? { last_error_date: webhook.lastError.date, last_error_message: webhook.lastError.message } : {}),
    ...(webhook ? { max_connections: webhook.config.maxConnections, ip_address: '127.0.0.1' } : {}),
    ...(queue.allowed ? { allowed_updates: queue.allowed } : {}),
  },
});

const getUpdates: Method = async (params, context) => {
  if (context.webhook) {
    throw new ApiError(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
  }
  allow(params, context);
  const updates = await context.queue.poll({
    offset: integer(params, 'offset'),
    limit: integer(params, 'limit', { fallback: 100, min: 1, max: 100 }),
    timeoutMs: integer(params, 'timeout', { min: 0, max: longestPollS }) * 1000 * context.timeScale,
  });
  return { result: updates.map((update) => update.body) };
};

/** The setting stays where the argument is absent or no list; an empty list, or one of unknown names, brings the default back. */
function allow(params: Params, { queue }: MethodContext): void {
  const value = json(params, 'allowed_updates');
  if (!Array.isArray(value) || value.some((kind) => typeof kind !== 'string')) return;
  const kinds = value.map((kind) => String(kind).toLowerCase()).filter((kind) => updateKinds.has(kind));
  queue.allowed = kinds.length > 0 ? kinds : undefined;
}

const getChat: Method = (params, context) => {
  const chat = checkChat(context.world, params.get('chat_id') ?? '', 'read');
  const gifts = {
    unlimited_gifts: false,
    limited_gifts: false,
    unique_gifts: false,
    premium_subscription: false,
    gifts_from_channels: false,
  };
  const photo = context.world.photos.get(chat.id);
  const picture = photo && {
    small_file_id: photo.id,
    small_file_unique_id: photo.uniqueId,
    big_file_id: photo.id,
    big_file_unique_id: photo.uniqueId,
  };
  const photographed = picture === undefined ? {} : { photo: picture };
  return {
    result: {
      ...apiChat(chat),
      ...photographed,
      accent_color_id: Math.abs(chat.id) % 7,
      max_reaction_count: 11,
      accepted_gift_types: gifts,
    },
  };
};

const getChatMember: Method = (params, { world }) => {
  const chat = checkChat(world, params.get('chat_id') ?? '', 'read');
  const id = integer(params, 'user_id', { min: 0 });
  if (id === 0) throw badRequest('Invalid user_id specified');
  if (id === world.bot.id) return { result: botMember(chat, world.bot) };
  const person = world.people.get(String(id));
  if (!person) throw badRequest('PARTICIPANT_ID_INVALID');
  return { result: { user: person, status: 'member' } };
};

function botMember(chat: ChatState, user: object): object {
  if (chat.botStatus !== 'administrator') return { user, status: chat.botStatus };
  return {
    user,
    status: 'administrator',
    can_be_edited: false,
    is_anonymous: false,
    can_manage_chat: true,
    can_delete_messages: !chat.withheld.has('can_delete_messages'),
    can_manage_video_chats: false,
    can_restrict_members: false,
    can_promote_members: false,
    can_change_info: false,
    can_invite_users: true,
    can_post_stories: false,
    can_edit_stories: false,
    can_delete_stories: false,
    ...(chat.type === 'channel'
      ? { can_post_messages: !chat.withheld.has('can_post_messages'), can_edit_messages: !chat.withheld.has('can_edit_messages') }
      : { can_pin_messages: true }),
  };
}

/** Methods that concern the bot, its updates and its chats. */
export const botMethods = { getMe, setWebhook, deleteWebhook, getWebhookInfo, getUpdates, getChat, getChatMember };
