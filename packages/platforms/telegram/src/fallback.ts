import type { BridgeEvent, ContentKind } from '@bridge/core';
import { z } from 'zod';
import type { Location, Quoted } from './payload.ts';
import { nameOf, titleOf } from './author.ts';

const coordinates = ({ latitude, longitude }: Location): string =>
  `${latitude.toFixed(5)}, ${longitude.toFixed(5)} https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}`;

const joined = (parts: readonly (string | undefined)[], by: string): string => parts.filter(Boolean).join(by);

function money(currency: string | undefined, amount: number | undefined): string | undefined {
  if (currency === undefined || amount === undefined || !/^[A-Z]{3}$/.test(currency)) return undefined;
  if (currency === 'XTR') return `${amount} stars`;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function pollText({ question, description, options, explanation, is_closed, type }: NonNullable<Quoted['poll']>): string {
  const head = joined([type === 'quiz' ? 'Quiz' : 'Poll', is_closed ? '(closed)' : undefined], ' ');
  const lines = options.map((option) => `• ${option.text ?? ''}${is_closed && option.voter_count ? ` (${option.voter_count})` : ''}`);
  // Why an answer is right is shown by Telegram to those who have answered.
  const why = is_closed && explanation ? `💡 ${explanation}` : undefined;
  return joined([`📊 ${head}: ${question ?? ''}`, description, ...lines, why], '\n');
}

const checklistText = ({ title, tasks }: NonNullable<Quoted['checklist']>): string =>
  [`☑️ ${title ?? 'Checklist'}`, ...tasks.map((task) => `${task.completion_date ? '☑' : '☐'} ${task.text ?? ''}`)].join('\n');

/** What has no text and is no file, in one line or more. */
export interface Shown {
  readonly kind: ContentKind;
  readonly text: string;
}
const shown = (kind: ContentKind, text: string): Shown => ({ kind, text });

/** In words what has no text and is no file; undefined where there is nothing of the kind. */
export function inWords(message: Quoted): Shown | undefined {
  const { venue, location, contact, poll, dice, game, story, checklist } = message;
  // A venue comes with its location as well.
  if (venue) return shown('location', `📍 ${joined([venue.title, venue.address], ', ')} (${coordinates(venue.location)})`);
  if (location) return shown('location', `📍 ${location.live_period ? 'Live location' : 'Location'}: ${coordinates(location)}`);
  if (contact) return shown('contact', `👤 ${joined([joined([contact.first_name, contact.last_name], ' '), contact.phone_number], ', ')}`);
  if (poll) return shown('poll', pollText(poll));
  if (dice) return shown('dice', `${dice.emoji ?? '🎲'} ${dice.value ?? ''}`.trim());
  if (game) return shown('game', joined([`🎮 ${joined([game.title, game.description], ': ')}`, game.text], '\n'));
  if (story) return shown('story', `📖 Story${story.chat ? ` by ${titleOf(story.chat)}` : ''} (to be seen in Telegram only)`);
  if (checklist) return shown('checklist', checklistText(checklist));
  return paidInWords(message);
}

function paidInWords({ invoice, paid_media: paid, giveaway, giveaway_winners: won }: Quoted): Shown | undefined {
  if (invoice)
    return shown('paid', `🧾 ${joined([invoice.title, invoice.description, money(invoice.currency, invoice.total_amount)], ' – ')}`);
  if (paid) return shown('paid', `🔒 Paid media${paid.star_count ? `, ${paid.star_count} stars` : ''} (to be seen in Telegram only)`);
  if (giveaway) return shown('giveaway', `🎁 ${joined(['Giveaway', prizes(giveaway)], ': ')}`);
  if (won) return shown('giveaway', `🎁 ${joined(['Giveaway won', prizes(won), won.winners.map(nameOf).join(', ')], ': ')}`);
  return undefined;
}

const prizes = (of: { readonly winner_count?: number | undefined; readonly prize_description?: string | undefined }): string =>
  joined([of.winner_count === undefined ? undefined : `${of.winner_count} to win`, of.prize_description], ', ');

/** What becomes of a service message: words, or a named reason to drop it. */
export type Service = { readonly text: string; readonly notice?: Notice; readonly kind?: ContentKind } | { readonly drop: string };
/** `membership` for who comes and goes, `event` for what happened in the chat; absent for what somebody did or gave. */
type Notice = NonNullable<Extract<BridgeEvent, { readonly type: 'message.created' }>['notice']>;

const happened = (text: string): Service => ({ text, notice: 'event' });
const called = (text: string): Service => ({ text: `📞 ${text}`, notice: 'event', kind: 'call' });

const quoted = (value: unknown): string => (typeof value === 'string' ? ` to “${value}”` : '');

const personSchema = z.object({ first_name: z.string(), last_name: z.string().optional().catch(undefined) });

/** The names of people, as far as they can be read. */
function peopleIn(value: unknown): string {
  const people = z.array(z.unknown()).catch([]).parse(value);
  const names = people.flatMap((one) => personSchema.safeParse(one).data ?? []).map((one) => joined([one.first_name, one.last_name], ' '));
  return names.length === 0 ? 'somebody' : names.join(', ');
}

/** A text in an object, or the texts of its entries, as far as they are there. */
function named(value: unknown, field: string): string {
  const read = z.record(z.string(), z.unknown()).safeParse(value);
  const found = read.success ? read.data[field] : undefined;
  const list = z.array(z.object({ text: z.string() })).safeParse(found);
  if (list.success && list.data.length > 0) return list.data.map(({ text }) => text).join(', ');
  return typeof found === 'string' && found !== '' ? found : 'something';
}

function giftText(value: unknown): string {
  const said = z.object({ text: z.string() }).safeParse(value).data?.text;
  return joined(['🎁 sent a gift (in Telegram)', said], ': ');
}

function uniqueGiftText(value: unknown): string {
  const number = z.number().optional().catch(undefined);
  const { data } = z.object({ gift: z.object({ base_name: z.string(), number }) }).safeParse(value);
  if (data === undefined) return giftText(value);
  return `🎁 sent a gift: ${data.gift.base_name}${data.gift.number === undefined ? '' : ` #${data.gift.number}`} (in Telegram)`;
}

/**
 * Service messages by the field that marks them. Whether who comes and goes is told is the bridge's option; what concerns
 * only this chat's own set-up (topics, timers, boosts, migration) is dropped because it says nothing elsewhere.
 */
const services: Readonly<Record<string, (value: unknown) => Service>> = {
  new_chat_members: (members) => ({ text: `joined: ${peopleIn(members)}`, notice: 'membership' }),
  left_chat_member: (member) => ({ text: `left: ${peopleIn([member])}`, notice: 'membership' }),
  new_chat_title: (title) => happened(`changed the group name${quoted(title)}`),
  new_chat_photo: () => happened('changed the group photo'),
  delete_chat_photo: () => happened('removed the group photo'),
  pinned_message: () => happened('pinned a message'),
  video_chat_scheduled: () => called('scheduled a video chat (in Telegram)'),
  video_chat_started: () => called('started a video chat (in Telegram)'),
  video_chat_ended: () => called('ended the video chat'),
  video_chat_participants_invited: () => ({ drop: 'service-call' }),
  group_chat_created: () => ({ drop: 'service-chat-created' }),
  supergroup_chat_created: () => ({ drop: 'service-chat-created' }),
  channel_chat_created: () => ({ drop: 'service-chat-created' }),
  // With numbers in them these are moves, and never get here.
  migrate_to_chat_id: () => ({ drop: 'service-migration' }),
  migrate_from_chat_id: () => ({ drop: 'service-migration' }),
  message_auto_delete_timer_changed: () => ({ drop: 'service-settings' }),
  chat_background_set: () => ({ drop: 'service-settings' }),
  direct_message_price_changed: () => ({ drop: 'service-settings' }),
  paid_message_price_changed: () => ({ drop: 'service-settings' }),
  write_access_allowed: () => ({ drop: 'service-settings' }),
  connected_website: () => ({ drop: 'service-settings' }),
  proximity_alert_triggered: () => ({ drop: 'service-proximity' }),
  boost_added: () => ({ drop: 'service-boost' }),
  forum_topic_created: () => ({ drop: 'service-topic' }),
  forum_topic_edited: () => ({ drop: 'service-topic' }),
  forum_topic_closed: () => ({ drop: 'service-topic' }),
  forum_topic_reopened: () => ({ drop: 'service-topic' }),
  general_forum_topic_hidden: () => ({ drop: 'service-topic' }),
  general_forum_topic_unhidden: () => ({ drop: 'service-topic' }),
  chat_owner_left: () => ({ drop: 'service-owner' }),
  chat_owner_changed: () => ({ drop: 'service-owner' }),
  gift: (value) => ({ text: giftText(value), kind: 'paid' }),
  unique_gift: (value) => ({ text: uniqueGiftText(value), kind: 'paid' }),
  gift_upgrade_sent: () => ({ drop: 'service-gift' }),
  checklist_tasks_done: () => ({ text: '☑️ ticked tasks of a checklist off or on (in Telegram)', kind: 'checklist' }),
  checklist_tasks_added: (value) => ({ text: `☑️ added to a checklist: ${named(value, 'tasks')}`, kind: 'checklist' }),
  poll_option_added: (value) => ({ text: `📊 added to a poll: ${named(value, 'option_text')}`, kind: 'poll' }),
  poll_option_deleted: (value) => ({ text: `📊 took out of a poll: ${named(value, 'option_text')}`, kind: 'poll' }),
  suggested_post_approved: () => ({ drop: 'service-suggested-post' }),
  suggested_post_approval_failed: () => ({ drop: 'service-suggested-post' }),
  suggested_post_declined: () => ({ drop: 'service-suggested-post' }),
  suggested_post_paid: () => ({ drop: 'service-suggested-post' }),
  suggested_post_refunded: () => ({ drop: 'service-suggested-post' }),
  managed_bot_created: () => ({ drop: 'service-bot' }),
  giveaway_created: () => ({ drop: 'service-giveaway' }),
  giveaway_completed: () => ({ drop: 'service-giveaway' }),
  // These are between one person and the bot and may hold what nobody else should see.
  successful_payment: () => ({ drop: 'private-service' }),
  refunded_payment: () => ({ drop: 'private-service' }),
  passport_data: () => ({ drop: 'private-service' }),
  users_shared: () => ({ drop: 'private-service' }),
  chat_shared: () => ({ drop: 'private-service' }),
  web_app_data: () => ({ drop: 'private-service' }),
};

/** Fields that say something about a message without being its content; kinds of message are what remains. */
const about = new Set(
  (
    'message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count sender_business_bot sender_tag date ' +
    'guest_query_id business_connection_id chat forward_origin is_topic_message is_automatic_forward reply_to_message external_reply ' +
    'quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user guest_bot_caller_chat ' +
    'edit_date has_protected_content is_from_offline is_paid_post media_group_id author_signature paid_star_count link_preview_options ' +
    'suggested_post_info effect_id show_caption_above_media has_media_spoiler reply_markup ' +
    // Older servers send these beside forward_origin.
    'forward_from forward_from_chat forward_from_message_id forward_signature forward_sender_name forward_date ' +
    'new_chat_member new_chat_participant left_chat_participant'
  ).split(' '),
);

/** A service message's treatment; undefined when `raw` is an ordinary message. */
export function serviceOf(raw: Readonly<Record<string, unknown>>): Service | undefined {
  for (const [field, treat] of Object.entries(services)) {
    if (raw[field] !== undefined && raw[field] !== null) return treat(raw[field]);
  }
  return undefined;
}

/** For kinds of message that this code does not know: told by name, so that nothing vanishes without a trace. */
export function unknownKind(raw: Readonly<Record<string, unknown>>): string {
  const kind = Object.keys(raw)
    .toSorted()
    .find((key) => !about.has(key) && raw[key] !== null && raw[key] !== undefined && raw[key] !== '');
  return kind ? `[${kind.slice(0, 60).replaceAll('_', ' ')}: to be seen in Telegram only]` : '[empty message]';
}
