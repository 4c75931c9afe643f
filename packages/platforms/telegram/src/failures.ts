import { DeliveryError, type DeliveryFailure, type PermanentReason } from '@bridge/core';
import { NetworkError, TelegramApiError, TimeoutError } from 'node-telegram-bot-api';
import { ForeignAnswer, NoAnswer } from './api.ts';

type Answer = { readonly code: number; readonly description: string };
type Row = {
  /** HTTP-like codes this row is for; any where absent. */
  readonly codes?: readonly number[];
  readonly match?: RegExp;
  readonly failure: DeliveryFailure;
  /** For the operator: what it means and what to do. */
  readonly say: string;
};

const permanent = (reason: PermanentReason): DeliveryFailure => ({ kind: 'permanent', reason });

/**
 * Telegram's refusals; the first row that fits decides. The words are those of the official server
 * (tdlib/telegram-bot-api, Client.cpp). Rate limits and moved chats carry data and are handled before.
 */
const table: readonly Row[] = [
  {
    codes: [401],
    failure: { kind: 'unauthorised' },
    say: 'Telegram does not know this bot token. Copy it again from @BotFather into TELEGRAM_BOT_TOKEN.',
  },
  // With a token that is not even of the right form, the server answers 404 to every method.
  {
    codes: [404],
    failure: { kind: 'unauthorised' },
    say: 'Telegram does not know this bot token or method. Check TELEGRAM_BOT_TOKEN and TELEGRAM_API_URL.',
  },
  {
    codes: [403],
    match: /blocked by the user/i,
    failure: permanent('forbidden'),
    say: 'The person has blocked the bot. Nothing can be sent until they unblock it.',
  },
  {
    codes: [403],
    match: /kicked|not a member/i,
    failure: permanent('forbidden'),
    say: 'The bot is not in this chat any more. Add it again.',
  },
  {
    codes: [403],
    match: /deactivated/i,
    failure: permanent('forbidden'),
    say: 'This Telegram account was deleted. Take the member out of bridges.yaml.',
  },
  {
    codes: [403],
    match: /initiate conversation/i,
    failure: permanent('forbidden'),
    say: 'The person has to send the bot /start before it may write to them.',
  },
  {
    codes: [403],
    failure: permanent('forbidden'),
    say: 'The bot may not do this here. Make it an administrator of the chat, with the right to post and edit.',
  },
  {
    match:
      /not enough rights|CHAT_WRITE_FORBIDDEN|have no rights|CHAT_ADMIN_REQUIRED|need administrator rights|CHAT_SEND_\w+_FORBIDDEN|CHAT_RESTRICTED/i,
    failure: permanent('forbidden'),
    say: 'The bot may not do this here. Make it an administrator of the chat, with the right to post, edit and delete.',
  },
  {
    match: /message can't be deleted/i,
    failure: permanent('forbidden'),
    say: 'Telegram lets a bot delete messages of the last 48 hours only, unless it is an administrator that may delete.',
  },
  {
    match: /message can't be edited/i,
    failure: permanent('forbidden'),
    say: 'The message is not the bot’s own, or of a kind that cannot be edited.',
  },
  {
    match: /VOICE_MESSAGES_FORBIDDEN|restricted receiving of v/i,
    failure: permanent('forbidden'),
    say: 'The person takes no voice or video messages from bots.',
  },
  {
    match: /message thread not found|TOPIC_(ID_INVALID|DELETED)/i,
    failure: permanent('not-found'),
    say: 'The topic does not exist any more. Correct `topic` in bridges.yaml.',
  },
  {
    match: /TOPIC_CLOSED/i,
    failure: permanent('forbidden'),
    say: 'The topic is closed. Reopen it, or make the bot an administrator that may manage topics.',
  },
  {
    match: /chat not found|PEER_ID_INVALID|CHANNEL_INVALID/i,
    failure: permanent('not-found'),
    say: 'There is no such chat for this bot. Check `chat` in bridges.yaml and add the bot to the chat.',
  },
  {
    match: /message to (edit|delete|react|be replied|reply) .*not found|message identifier is not specified|MESSAGE_ID_INVALID/i,
    failure: permanent('message-gone'),
    say: 'The message does not exist in Telegram any more.',
  },
  {
    match: /file is too big|file_id.*too big|FILE_TOO_BIG|Request Entity Too Large|PHOTO_TOO_BIG/i,
    failure: permanent('too-large'),
    say: 'The file is larger than Telegram takes from a bot: 50 MB, and 10 MB for a photo.',
  },
  { codes: [413], failure: permanent('too-large'), say: 'The message is longer than Telegram takes.' },
  { match: /too long|too_long|ENTITIES_TOO_LONG/i, failure: permanent('too-large'), say: 'The message is longer than Telegram takes.' },
  { match: /REACTION_INVALID|reaction/i, failure: permanent('invalid'), say: 'Telegram does not allow this emoji as a reaction here.' },
  {
    match: /terminated by other|webhook is active/i,
    failure: { kind: 'transient' },
    say: 'Another program uses this bot. Stop it, or use a bot of its own for the bridge.',
  },
  { codes: [400], failure: permanent('invalid'), say: 'Telegram refuses this message.' },
];

const trouble: Row = { failure: { kind: 'transient' }, say: 'Telegram has trouble of its own; it is tried again.' };
const unknown: Row = {
  failure: { kind: 'transient' },
  say: 'Telegram answered something that this version does not know; it is tried again. Please report what follows.',
};
const codeOf = (status: number | undefined) => (status === undefined ? {} : { status });

function rowFor({ code, description }: Answer): Row {
  if (code >= 500) return trouble;
  return table.find((row) => (row.codes?.includes(code) ?? true) && (row.match?.test(description) ?? true)) ?? unknown;
}

/** Where the field is missing, as from servers in between, the words still have it. */
function waitSeconds(error: TelegramApiError, description: string): number {
  const told = Number.isFinite(error.retryAfter) ? error.retryAfter : /retry after (\d+)/i.exec(description)?.[1];
  return Math.max(1, Number(told ?? 1));
}

function refused(error: TelegramApiError, scrub: (text: string) => string): DeliveryError {
  // What answers may be a proxy or another server: nothing about the shape of its JSON is certain.
  const code = typeof error.errorCode === 'number' ? error.errorCode : 0;
  const description = scrub(String(error.description ?? '').slice(0, 300));
  const answer = { ...codeOf(code || undefined), code: description };
  const moved = error.migrateToChatId;
  if (moved !== undefined) {
    const say = `The group became a supergroup: write "${moved}" for \`chat\` in bridges.yaml.`;
    return new DeliveryError(say, { kind: 'permanent', reason: 'moved', movedTo: String(moved) }, answer);
  }
  if (code === 429) {
    const seconds = waitSeconds(error, description);
    // Telegram does not say whether the chat's limit or the bot's was reached; holding the chat costs others nothing.
    const failure: DeliveryFailure = { kind: 'rate-limited', retryAfterMs: seconds * 1000, scope: 'conversation' };
    return new DeliveryError(`Telegram asks to wait ${seconds} s; the bridge does.`, failure, answer);
  }
  if (code === 504) return lost('504');
  const row = rowFor({ code, description });
  return new DeliveryError(`${row.say} (Telegram: ${code} ${description})`, row.failure, answer);
}

/** The connection was never made: nothing can have been carried out. */
function unreachable(detail: string, code: string): DeliveryError {
  // OpenSSL's words for a certificate that is not to be trusted.
  const fix = /CERT|SELF_SIGNED|UNABLE_TO_|TLS/.test(code)
    ? 'Check the certificate of TELEGRAM_API_URL; one of your own authority is named in NODE_EXTRA_CA_CERTS.'
    : 'Check the network, and TELEGRAM_API_URL if it is set.';
  return new DeliveryError(`Telegram cannot be reached: ${detail}. ${fix}`, { kind: 'transient' }, { code });
}

const lost = (code: string): DeliveryError =>
  new DeliveryError(
    'Telegram did not answer after the request was sent; it may or may not have been carried out.',
    { kind: 'ambiguous' },
    { code },
  );

function unanswered(cause: unknown, code: string, scrub: (text: string) => string): DeliveryError {
  if (cause instanceof DeliveryError) return cause;
  if (cause instanceof ForeignAnswer) return foreign(cause);
  if (!(cause instanceof NoAnswer)) return lost(code);
  return cause.sent ? lost(cause.code) : unreachable(scrub(cause.message) || cause.code, cause.code);
}

/** What is not the Bot API's says nothing of the message, but for what a proxy may know about it. */
function foreign({ status, retryAfterMs, cut }: ForeignAnswer): DeliveryError {
  const answer = { status, code: 'not-the-bot-api' };
  if (status === 413) return new DeliveryError('A proxy before Telegram takes nothing this large.', permanent('too-large'), answer);
  if (status === 429) {
    const failure: DeliveryFailure = { kind: 'rate-limited', retryAfterMs: Math.max(1000, retryAfterMs ?? 5000), scope: 'platform' };
    return new DeliveryError('A proxy before Telegram limits the bridge; it waits.', failure, answer);
  }
  // The request had been passed on, or was carried out with the answer broken off.
  if (status === 504 || (cut && status < 300)) return lost(`status ${status}`);
  if (status >= 500) return new DeliveryError(trouble.say, trouble.failure, answer);
  const say = 'What answers at TELEGRAM_API_URL is not the Bot API: a proxy’s error page, or a wrong address.';
  return new DeliveryError(say, { kind: 'transient' }, answer);
}

/** What a failed call means for a delivery. Total: every error becomes a `DeliveryError`, and none holds the token. */
export function toDeliveryError(error: unknown, signal: AbortSignal, scrub: (text: string) => string): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof TelegramApiError) return refused(error, scrub);
  if (error instanceof ForeignAnswer) return foreign(error);
  if (signal.aborted) {
    return error instanceof NoAnswer && error.sent
      ? lost('aborted')
      : new DeliveryError('The bridge is stopping; this is sent after its restart.', { kind: 'shutting-down' }, { code: 'aborted' });
  }
  if (error instanceof NetworkError || error instanceof TimeoutError) return unanswered(error.cause, error.code, scrub);
  if (error instanceof NoAnswer) return unanswered(error, error.code, scrub);
  const words = scrub(error instanceof Error ? error.message : String(error));
  return new DeliveryError(`Sending to Telegram failed in the bridge itself: ${words}`, { kind: 'transient' });
}
