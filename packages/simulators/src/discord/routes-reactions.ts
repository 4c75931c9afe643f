import type { Answer } from '../shared/answer.ts';
import { apiError } from './api-error.ts';
import type { MessageState } from './model.ts';
import { userJson } from './render.ts';
import { type ApiCall, noContent, ok, type Route } from './route.ts';
import { permits, requireChannel, requireMessage, requirePermissions } from './world.ts';

const path = '/channels/:channel_id/messages/:message_id/reactions/:emoji';
const bucket = { name: 'reactions', limit: 1, windowMs: 250 };

/** Reactions by the bot. */
export const reactionRoutes: readonly Route[] = [
  { method: 'PUT', path: `${path}/@me`, bucket, run: add },
  { method: 'DELETE', path: `${path}/@me`, bucket, run: removeOwn },
  { method: 'DELETE', path: `${path}/:user_id`, bucket, run: removeOther },
  { method: 'GET', path, bucket, run: list },
  { method: 'DELETE', path, bucket, run: clearEmoji },
  { method: 'DELETE', path: '/channels/:channel_id/messages/:message_id/reactions', bucket, run: clearAll },
];

function add(call: ApiCall): Answer {
  const { host, message, key } = find(call);
  requirePermissions(message.channel, 'READ_MESSAGE_HISTORY');
  if (!message.reactions.has(key) && !permits(message.channel, 'ADD_REACTIONS')) throw apiError('missingPermissions');
  host.acts.react(message, host.world.bot, key);
  return noContent;
}

function removeOwn(call: ApiCall): Answer {
  const { host, message, key } = find(call);
  host.acts.unreact(message, host.world.bot, key);
  return noContent;
}

function removeOther(call: ApiCall): Answer {
  const { host, message, key } = find(call);
  requirePermissions(message.channel, 'MANAGE_MESSAGES');
  const user = host.world.users.get(call.param('user_id'));
  if (user === undefined) throw apiError('unknownUser');
  host.acts.unreact(message, user, key);
  return noContent;
}

function clearEmoji(call: ApiCall): Answer {
  const { host, message, key } = find(call);
  requirePermissions(message.channel, 'MANAGE_MESSAGES');
  host.acts.clearReactions(message, key);
  return noContent;
}

function clearAll({ host, param }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel, 'MANAGE_MESSAGES');
  host.acts.clearReactions(requireMessage(host.world, channel, param('message_id')));
  return noContent;
}

function list(call: ApiCall): Answer {
  const { host, message, key } = find(call);
  const limit = call.query.integer('limit', { min: 1, max: 100 }) ?? 25;
  const after = call.query.snowflake('after') ?? '0';
  call.query.done();
  const users = [...(message.reactions.get(key) ?? [])].flatMap((id) => host.world.users.get(id) ?? []);
  const sorted = users.filter(({ id }) => BigInt(id) > BigInt(after)).toSorted((one, two) => (BigInt(one.id) < BigInt(two.id) ? -1 : 1));
  return ok(sorted.slice(0, limit).map(userJson));
}

function find({ host, param }: ApiCall): { readonly host: ApiCall['host']; readonly message: MessageState; readonly key: string } {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel);
  const message = requireMessage(host.world, channel, param('message_id'));
  return { host, message, key: emojiKey(param('emoji')) };
}

/** A Unicode emoji, or `name:id` of one's own. @throws {ApiError} 10014 */
export function emojiKey(encoded: string): string {
  const emoji = decode(encoded);
  if (/^\w{2,32}:\d{1,20}$/.test(emoji) || /^\p{RGI_Emoji}$/v.test(emoji) || /^\p{RGI_Emoji}$/v.test(`${emoji}\u{fe0f}`)) return emoji;
  throw apiError('unknownEmoji');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
