import type { ConversationId, DeliveryFailure, DoctorLook, Finding } from '@bridge/core';
import type { Client } from './api.ts';
import { type ChatLook, lookAtChat } from './doctor-chat.ts';
import { botIdOf, targetOf, type TelegramSettings } from './config.ts';
import { toDeliveryError } from './failures.ts';
import { allowedUpdates } from './payload.ts';
import { webhookUrl } from './register.ts';

/** What a look goes by: the bot's client and its settings. */
export interface Patient {
  readonly client: Client;
  readonly values: TelegramSettings;
}

/** The steps in BotFather that let a bot see all messages of a group. */
export const privacyFix =
  'In Telegram open @BotFather, send /setprivacy, choose the bot and Disable; then take the bot out of each group and add it again, ' +
  'as the change holds only from then on. Making it an administrator does as well.';

/** Answers a question about the platform, or says in a finding why there is no answer. */
export async function asked<T>(
  { client }: Patient,
  look: DoctorLook,
  { check, ask }: { readonly check: string; readonly ask: () => Promise<T> },
): Promise<T | Finding> {
  try {
    return await ask();
  } catch (error) {
    const { message, failure } = toDeliveryError(error, look.signal, client.scrub);
    return { check, status: 'fail', detail: message, fix: fixOf(failure) };
  }
}

/** What to do where Telegram did not answer the doctor itself. */
const fixOf = ({ kind }: DeliveryFailure): string =>
  kind === 'unauthorised'
    ? 'Copy the token from @BotFather into TELEGRAM_BOT_TOKEN.'
    : 'Check the network, and TELEGRAM_API_URL if it is set; then run the doctor again.';

/** Whether `asked` found no answer. */
export const isFinding = (value: object): value is Finding => 'status' in value && 'detail' in value;

/** Each chat once, however many of its topics are bridged. */
export function chatsOf(conversations: readonly ConversationId[]): ReadonlyMap<number, readonly number[]> {
  const chats = new Map<number, readonly number[]>();
  for (const conversation of conversations) {
    const { chat_id: chat, message_thread_id: topic } = targetOf(conversation);
    chats.set(chat, [...(chats.get(chat) ?? []), ...(topic === undefined ? [] : [topic])]);
  }
  return chats;
}

/** Looks at the bot, at how its messages come in, and at each bridged chat. Total. */
export async function* doctor(patient: Patient, look: DoctorLook): AsyncGenerator<Finding> {
  const { client, values } = patient;
  const bot = await asked(patient, look, { check: 'token', ask: () => client.api.getMe(look.signal) });
  if (isFinding(bot)) return void (yield bot);
  yield { check: 'token', status: 'pass', detail: `The bot is @${bot.username ?? bot.first_name}.` };
  const seesAll = bot.can_read_all_group_messages === true;
  yield seesAll
    ? { check: 'privacy', status: 'pass', detail: 'Privacy mode is off: the bot sees all messages of its groups.' }
    : {
        check: 'privacy',
        status: 'warn',
        detail: 'Privacy mode is on: in groups the bot sees only commands and replies to itself.',
        fix: privacyFix,
      };
  yield* values.mode === 'polling' ? polling(patient, look) : webhook(patient, look);
  const about: ChatLook = { client, botId: botIdOf(values.botToken), seesAll };
  for (const [chat, topics] of chatsOf(look.conversations)) yield* lookAtChat(about, { chat, topics }, look.signal);
}

async function* polling(patient: Patient, look: DoctorLook): AsyncGenerator<Finding> {
  const info = await asked(patient, look, { check: 'polling', ask: () => patient.client.api.getWebhookInfo(look.signal) });
  if (isFinding(info)) return void (yield info);
  yield info.url === ''
    ? { check: 'polling', status: 'pass', detail: `Messages are polled; ${info.pending_update_count} wait at Telegram.` }
    : {
        check: 'polling',
        status: 'warn',
        detail: 'A webhook is set, and Telegram lets nobody poll while there is one.',
        fix: 'Start the bridge, which removes it, or run `bridge setup telegram`. If the webhook comes back, another program uses this bot.',
      };
}

type Info = Awaited<ReturnType<Client['api']['getWebhookInfo']>>;

async function* webhook(patient: Patient, look: DoctorLook): AsyncGenerator<Finding> {
  const info = await asked(patient, look, { check: 'webhook', ask: () => patient.client.api.getWebhookInfo(look.signal) });
  if (isFinding(info)) return void (yield info);
  yield registration(info, look.publicUrl);
  if (info.url === '') return;
  yield updates(info);
  yield lastError(info, patient);
  yield pending(info);
}

const setUp = 'Run `bridge setup telegram`, or start the bridge with PUBLIC_URL set.';

function registration({ url }: Info, publicUrl: URL | undefined): Finding {
  const check = 'webhook';
  if (publicUrl === undefined)
    return {
      check,
      status: 'warn',
      detail:
        url === ''
          ? 'There is no webhook, and PUBLIC_URL is not set.'
          : 'There is a webhook, but PUBLIC_URL is not set, so it cannot be compared.',
      fix: 'Set PUBLIC_URL to the https address that reaches the bridge; without one, set TELEGRAM_MODE=polling.',
    };
  const wanted = webhookUrl(publicUrl);
  if (url === '') return { check, status: 'fail', detail: 'There is no webhook: nothing comes in.', fix: setUp };
  if (url === wanted) return { check, status: 'pass', detail: `Messages are sent to ${wanted}.` };
  // The other address may be somebody's secret.
  const host = URL.canParse(url) ? new URL(url).host : 'another address';
  return { check, status: 'fail', detail: `The webhook leads to ${host}, and not to ${wanted}.`, fix: setUp };
}

function updates({ allowed_updates: allowed }: Info): Finding {
  const missing = allowedUpdates.filter((kind) => allowed?.includes(kind) !== true);
  const check = 'webhook-updates';
  if (missing.length === 0) return { check, status: 'pass', detail: 'Messages, edits and reactions are asked for.' };
  // Without a list Telegram sends all but a few kinds, and reactions are among those.
  const lacking = allowed === undefined || allowed.length === 0 ? ['message_reaction'] : missing;
  return { check, status: 'fail', detail: `The webhook does not ask for ${lacking.join(', ')}.`, fix: setUp };
}

const recentSeconds = 3_600;

function lastError(info: Info, { client }: Patient): Finding {
  const { last_error_date: date, last_error_message: message, pending_update_count: waiting } = info;
  const check = 'webhook-errors';
  const ago = Math.floor(Date.now() / 1000) - (date ?? 0);
  if (date === undefined || ago > recentSeconds)
    return { check, status: 'pass', detail: 'Telegram has had no trouble with the webhook within the last hour.' };
  const words = client.scrub(message ?? 'unknown');
  // Telegram goes on telling of an error after the update came through in the end.
  if (waiting === 0)
    return { check, status: 'pass', detail: `${Math.max(0, ago)} s ago Telegram had trouble (${words}); nothing waits any more.` };
  return { check, status: 'warn', detail: `${Math.max(0, ago)} s ago Telegram could not deliver: ${words}.`, fix: fixFor(words) };
}

function fixFor(words: string): string {
  if (/\b(401|429)\b/.test(words))
    return 'The secret differs: run `bridge setup telegram` with the TELEGRAM_WEBHOOK_SECRET that the ingress has.';
  if (/\b404\b/.test(words)) return 'PUBLIC_URL reaches another server, or a path that is not passed on to the ingress.';
  if (/\b50[0-4]\b/.test(words)) return 'The ingress, or the proxy before it, is down or cannot reach Redis: look at /health.';
  if (/ssl|certificate|tls/i.test(words)) return 'Telegram wants a certificate of a known authority, with all certificates in between.';
  if (/resolve|name or service/i.test(words)) return 'The name in PUBLIC_URL is not known to the world.';
  return 'Open PUBLIC_URL from outside your network: it has to reach the ingress on port 443, 80, 88 or 8443.';
}

const manyWaiting = 100;

function pending({ pending_update_count: waiting }: Info): Finding {
  const check = 'webhook-waiting';
  if (waiting < manyWaiting) return { check, status: 'pass', detail: `${waiting} updates wait at Telegram.` };
  return {
    check,
    status: 'warn',
    detail: `${waiting} updates wait at Telegram, which keeps them for 24 hours.`,
    fix: 'They come in by themselves once the webhook answers; see the findings above.',
  };
}
