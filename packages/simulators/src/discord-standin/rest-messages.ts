import { create, edit, react, remove, removeMany } from './acts.ts';
import { discordError, invalidForm } from './errors.ts';
import { asForm, contentOf, type Form, nonceOf, requireSomething } from './form.ts';
import type { Call, Handler } from './host.ts';
import type { DiscordMessage } from './model.ts';
import { apiMessage } from './render.ts';
import { allow, messageOf } from './world.ts';

/** How long a nonce is remembered; documented as "the past few minutes". */
const nonceMs = 5 * 60_000;

export const createMessage: Handler = ({ host, path: [, channelId = ''], body }) => {
  allow(host.world, channelId, 'send');
  const form = asForm(body);
  const content = contentOf(form);
  requireSomething(form, content);
  const nonce = nonceOf(form);
  const earlier = form['enforce_nonce'] === true && nonce !== undefined ? withNonce(host.world.messages.get(channelId), nonce, host.world.bot.id) : undefined;
  if (earlier) {
    // Staff says so: a message that is gone still owns its nonce.
    if (earlier.deleted) throw discordError(10008);
    return { body: apiMessage(host.world, earlier) };
  }
  const reference = referenceOf({ host, path: [], query: new URLSearchParams(), body }, form, channelId);
  const message = create(host, {
    channel_id: channelId, author: host.world.bot, content, viaApi: true,
    ...(nonce === undefined ? {} : { nonce }),
    ...(reference ? { message_reference: reference } : {}),
  });
  return { body: apiMessage(host.world, message) };
};

function withNonce(messages: ReadonlyMap<string, DiscordMessage> | undefined, nonce: string | number, author: string): DiscordMessage | undefined {
  const since = Date.now() - nonceMs;
  return [...(messages?.values() ?? [])].findLast((message) => message.nonce === nonce && message.author.id === author && Date.parse(message.timestamp) > since);
}

function referenceOf({ host }: Call, form: Form, channelId: string): { message_id: string; channel_id: string } | undefined {
  const reference = asForm(form['message_reference']);
  const id = reference['message_id'];
  if (typeof id !== 'string') return undefined;
  const there = host.world.messages.get(channelId)?.get(id);
  if (there && !there.deleted) return { message_id: id, channel_id: channelId };
  if (reference['fail_if_not_exists'] === false) return undefined;
  throw invalidForm('message_reference', 'REPLIES_UNKNOWN_MESSAGE', 'Unknown message');
}

const snowflake = (text: string | null): bigint | undefined => (text !== null && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined);

export const listMessages: Handler = ({ host, path: [, channelId = ''], query }) => {
  allow(host.world, channelId, 'view');
  const limit = Number(query.get('limit') ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw invalidForm('limit', 'NUMBER_TYPE_MAX', 'int value should be less than or equal to 100.');
  const all = [...(host.world.messages.get(channelId)?.values() ?? [])].filter((message) => !message.deleted);
  const [after, before, around] = ['after', 'before', 'around'].map((name) => snowflake(query.get(name)));
  const found = pick(all, { after, before, around, limit });
  return { body: found.toReversed().map((message) => apiMessage(host.world, message)) };
};

interface Page {
  readonly after: bigint | undefined;
  readonly before: bigint | undefined;
  readonly around: bigint | undefined;
  readonly limit: number;
}

/** `after` gives the oldest that follow, everything else the newest. */
function pick(all: readonly DiscordMessage[], { after, before, around, limit }: Page): readonly DiscordMessage[] {
  if (after !== undefined) return all.filter((message) => BigInt(message.id) > after).slice(0, limit);
  if (before !== undefined) return all.filter((message) => BigInt(message.id) < before).slice(-limit);
  if (around === undefined) return all.slice(-limit);
  const at = all.findIndex((message) => BigInt(message.id) >= around);
  const from = Math.max(0, at - Math.floor(limit / 2));
  return all.slice(from, from + limit);
}

export const getMessage: Handler = ({ host, path: [, channelId = '', , id = ''] }) => {
  allow(host.world, channelId, 'view');
  return { body: apiMessage(host.world, messageOf(host.world, channelId, id)) };
};

export const editMessage: Handler = ({ host, path: [, channelId = '', , id = ''], body }) => {
  allow(host.world, channelId, 'send');
  const message = messageOf(host.world, channelId, id);
  if (message.author.id !== host.world.bot.id) throw discordError(50005);
  const form = asForm(body);
  const content = contentOf(form);
  requireSomething(form, content);
  return { body: apiMessage(host.world, edit(host, message, content)) };
};

export const deleteMessage: Handler = ({ host, path: [, channelId = '', , id = ''] }) => {
  const message = messageOf(host.world, channelId, id);
  allow(host.world, channelId, message.author.id === host.world.bot.id ? 'view' : 'manageMessages');
  remove(host, message);
  return {};
};

export const bulkDelete: Handler = ({ host, path: [, channelId = ''], body }) => {
  allow(host.world, channelId, 'manageMessages');
  const ids = asForm(body)['messages'];
  if (!Array.isArray(ids) || ids.length < 2 || ids.length > 100) throw invalidForm('messages', 'BASE_TYPE_BAD_LENGTH', 'Must be between 2 and 100 in length.');
  const all = host.world.messages.get(channelId);
  removeMany(host, channelId, ids.flatMap((id) => (typeof id === 'string' ? (all?.get(id) ?? []) : [])).filter((message) => !message.deleted));
  return {};
};

const reaction =
  (on: boolean): Handler =>
  ({ host, path: [, channelId = '', , id = '', , emoji = ''] }) => {
    allow(host.world, channelId, 'view');
    react(host, { message: messageOf(host.world, channelId, id), user: host.world.bot.id, emoji: decodeURIComponent(emoji), on });
    return {};
  };
export const addReaction: Handler = reaction(true);
export const removeReaction: Handler = reaction(false);

export const typing: Handler = ({ host, path: [, channelId = ''] }) => {
  allow(host.world, channelId, 'send');
  return {};
};
