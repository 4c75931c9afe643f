import { DiscordAPIError, HTTPError, RateLimitError } from '@discordjs/rest';
import { DeliveryError } from '@bridge/core';
import type { DeliveryFailure, PermanentReason } from '@bridge/core';
import { BudgetSpentError } from './invalid-budget.ts';
import { NoAnswerError } from './transport.ts';

/** `post` may make a second message when it is repeated; the others may be repeated freely. */
export type Effect = 'post' | 'repeatable';

interface Row {
  readonly failure: DeliveryFailure;
  readonly sentence: string;
}
const permanent = (reason: PermanentReason, sentence: string): Row => ({ failure: { kind: 'permanent', reason }, sentence });
const hold = (retryAfterMs: number, sentence: string): Row => ({
  failure: { kind: 'rate-limited', retryAfterMs, scope: 'conversation' },
  sentence,
});
const holdAll = (retryAfterMs: number, sentence: string): Row => ({
  failure: { kind: 'rate-limited', retryAfterMs, scope: 'platform' },
  sentence,
});
const transient = (sentence: string): Row => ({ failure: { kind: 'transient' }, sentence });

const badToken: Row = {
  failure: { kind: 'unauthorised' },
  sentence:
    'Discord refused the bot token. Make a new one (Developer Portal → your application → Bot → Reset Token) and put it into DISCORD_BOT_TOKEN.',
};

const tooManyWebhooks =
  'The Discord channel has its 15 webhooks, so none can be added. Remove one (channel → Edit → Integrations), or set DISCORD_SENDER_MODE=single.';
const forumSentence = 'A Discord forum takes no messages itself. Bridge one of its posts, by the id of the post.';
const blockedSentence =
  'Something in front of Discord refused the request; its proxy may have blocked this address. Wait, and look for a loop of failing requests.';

/** Discord's JSON error codes. Source: API reference, "Opcodes and Status Codes". */
const byCode: Readonly<Record<string, Row>> = {
  10003: permanent(
    'not-found',
    'The Discord channel does not exist (any more), or the bot is not in its server. Check `channel` in bridges.yaml.',
  ),
  10004: permanent('not-found', 'The Discord server does not exist (any more), or the bot is not in it.'),
  10008: permanent('message-gone', 'The Discord message does not exist any more.'),
  10014: permanent('invalid', 'Discord does not know this emoji.'),
  10015: transient("The bridge's Discord webhook was removed; it is made anew at the next attempt."),
  20016: hold(
    10_000,
    'The Discord channel has slow mode. Give the bot the Manage Messages or Manage Channels permission, which exempts it.',
  ),
  20028: hold(10_000, 'The Discord channel takes no more messages for the moment.'),
  20029: hold(10_000, 'The Discord server takes no more messages for the moment.'),
  30007: hold(300_000, tooManyWebhooks),
  30010: permanent('invalid', 'The Discord message has 20 different reactions already, which is the most.'),
  30015: permanent('invalid', 'Discord takes at most 10 files in a message.'),
  30046: hold(60_000, 'Discord takes only few edits of messages older than an hour; this one waits.'),
  30058: hold(300_000, 'The Discord server has all the webhooks it may have. Remove one, or set DISCORD_SENDER_MODE=single.'),
  40001: badToken,
  40002: permanent('forbidden', "Discord wants the account of the bot's owner verified. Log in to Discord and do what it asks for."),
  40004: transient('Discord has switched sending off for the moment.'),
  40005: permanent('too-large', 'The message is larger than Discord takes.'),
  40006: transient('Discord has switched this off for the moment.'),
  40007: permanent('forbidden', 'The bot is banned from the Discord server. Unban it, and invite it again.'),
  40058: permanent('invalid', forumSentence),
  40062: hold(10_000, 'The Discord channel takes no more requests for the moment.'),
  40333: holdAll(300_000, blockedSentence),
  50001: permanent('forbidden', 'The bot cannot see the Discord channel. Give it the View Channel permission there.'),
  50005: permanent('forbidden', 'The Discord message was written by another account, which alone may edit it. It keeps its old text.'),
  50006: permanent('invalid', 'Discord refused the message as empty.'),
  50008: permanent('invalid', 'Text cannot be sent to this kind of Discord channel. Bridge a text channel or a thread.'),
  50009: permanent('forbidden', "The bot does not meet the Discord server's verification level. Give it a role."),
  50014: badToken,
  50021: permanent('invalid', 'This cannot be done with a message that Discord itself wrote.'),
  50024: permanent('invalid', 'This cannot be done in this kind of Discord channel. Bridge a text channel or a thread.'),
  50027: transient("The token of the bridge's Discord webhook is not valid any more; it is made anew at the next attempt."),
  50035: permanent('invalid', 'Discord refused the message as malformed.'),
  50045: permanent('too-large', 'A file is larger than this Discord server takes.'),
  50046: permanent('invalid', 'Discord refused a file as damaged or of a forbidden kind.'),
  50083: permanent('forbidden', 'The Discord thread is archived. Reopen it.'),
  50109: permanent('invalid', 'Discord refused the message as malformed.'),
  90001: permanent('forbidden', "The message's author has blocked the bot, so it cannot react."),
  130000: transient('Discord is overloaded.'),
  160002: permanent('forbidden', 'The bot may not reply in the Discord channel. Give it the Read Message History permission.'),
  160005: permanent('forbidden', 'The Discord thread is locked. Unlock it, or give the bot the Manage Threads permission.'),
  160006: hold(300_000, 'The Discord server has as many active threads as it may have. Close some.'),
  200000: permanent('forbidden', "The server's AutoMod refused the message. Exempt the bot's role in Server Settings → AutoMod."),
  200001: permanent('forbidden', "The server's AutoMod refused the name or title. Exempt the bot's role in Server Settings → AutoMod."),
  220001: permanent('invalid', forumSentence),
  240000: permanent('forbidden', 'Discord refused the message for a link in it that it holds to be harmful.'),
};

const byStatus: Readonly<Record<number, Row>> = {
  400: permanent('invalid', 'Discord refused the request.'),
  401: badToken,
  403: permanent('forbidden', 'Discord does not allow the bot to do this.'),
  404: permanent('not-found', 'Discord does not know what this is about.'),
  405: permanent('invalid', 'Discord refused the request.'),
  413: permanent('too-large', 'The message is larger than Discord takes.'),
};

/** What of the call decides how its failure is to be taken. */
export interface FailureContext {
  readonly effect: Effect;
  /** The permission that the call needs, for the sentence. */
  readonly permission: string;
  /** True when the caller is stopping. */
  readonly aborted: boolean;
}

/**
 * Whatever a call threw, as the one error of the contract. Built from the fields named here and nothing else: the library's
 * errors hold the webhook's token and the text of the message.
 */
export function toDeliveryError(error: unknown, context: FailureContext): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof RateLimitError) return rateLimited(error);
  if (error instanceof DiscordAPIError) return apiError(error, context);
  if (error instanceof HTTPError) return serverError(error.status, context);
  if (error instanceof BudgetSpentError) return budgetSpent(error);
  if (error instanceof NoAnswerError) return noAnswer(error, context);
  if (context.aborted || (error instanceof Error && error.name === 'AbortError')) return stopping();
  return new DeliveryError('The Discord client failed before the request was sent.', { kind: 'transient' }, { code: 'CLIENT' });
}

const stopping = (): DeliveryError =>
  new DeliveryError('The bridge is stopping; the message waits for the next start.', { kind: 'shutting-down' });

function budgetSpent({ retryAfterMs }: BudgetSpentError): DeliveryError {
  const sentence =
    'Discord refused 500 requests of this process within 10 minutes, and would ban the address at 10,000. Nothing is sent for a while; the log says what was refused.';
  return new DeliveryError(sentence, { kind: 'rate-limited', retryAfterMs, scope: 'platform' }, { code: 'invalid-requests' });
}

function rateLimited({ retryAfter, scope, global }: RateLimitError): DeliveryError {
  const everything = global || scope === 'global';
  const retryAfterMs = Math.max(1, Math.ceil(Number.isFinite(retryAfter) ? retryAfter : 1_000));
  const whom = everything ? 'this bot' : 'this channel';
  return new DeliveryError(
    `Discord takes no more requests of ${whom} for ${Math.ceil(retryAfterMs / 1000)} s.`,
    { kind: 'rate-limited', retryAfterMs, scope: everything ? 'platform' : 'conversation' },
    { status: 429, code: everything ? 'global' : scope },
  );
}

function apiError(error: DiscordAPIError, { permission }: FailureContext): DeliveryError {
  const code = apiCode(error);
  const answer = { status: error.status, ...(code === undefined ? {} : { code }) };
  const row = rowOf(error.status, code, permission);
  if (code === '50035' && isTooLong(error))
    return new DeliveryError('The message is longer than Discord takes.', { kind: 'permanent', reason: 'too-large' }, answer);
  if (row !== undefined) return new DeliveryError(`${row.sentence} (${code ?? error.status})`, row.failure, answer);
  const named = code === undefined ? `HTTP ${error.status}` : `HTTP ${error.status}, code ${code}`;
  return new DeliveryError(`Discord gave an answer that is not known here (${named}); it is tried again.`, { kind: 'transient' }, answer);
}

/** The code of Discord's JSON answer; undefined for an answer that is not Discord's, such as Cloudflare's HTML. */
export function apiCode(error: unknown): string | undefined {
  if (!(error instanceof DiscordAPIError)) return undefined;
  return typeof error.code === 'number' || /^\w{1,40}$/.test(String(error.code ?? '')) ? String(error.code) : undefined;
}

function rowOf(status: number, code: string | undefined, permission: string): Row | undefined {
  if (status === 401) return badToken;
  // Without a code of Discord's the answer is not Discord's.
  if (status === 403 && (code === undefined || code === 'undefined')) return holdAll(300_000, blockedSentence);
  if (code === '50013') return permanent('forbidden', `The bot lacks a permission in the Discord channel. Give it: ${permission}.`);
  return byCode[code ?? ''] ?? byStatus[status];
}

const isTooLong = ({ rawError }: DiscordAPIError): boolean =>
  JSON.stringify('errors' in rawError ? (rawError.errors ?? {}) : {}).includes('BASE_TYPE_MAX_LENGTH');

/** Cloudflare's codes for an origin that took the request and did not answer. Source: Cloudflare, "5xx errors". */
const lateStatuses: ReadonlySet<number> = new Set([504, 520, 524]);

function serverError(status: number, { effect }: FailureContext): DeliveryError {
  const kind = effect === 'post' && lateStatuses.has(status) ? 'ambiguous' : 'transient';
  return new DeliveryError(`Discord failed with HTTP ${status}; it is tried again.`, { kind }, { status });
}

function noAnswer({ code, sent }: NoAnswerError, { effect, aborted }: FailureContext): DeliveryError {
  const lost = sent && effect === 'post';
  if ((aborted || code === 'ABORTED') && !lost) return stopping();
  const failure: DeliveryFailure = lost ? { kind: 'ambiguous' } : { kind: 'transient' };
  return new DeliveryError(`${sent ? unanswered : unreached(code)} (${code})`, failure, { code });
}

const unanswered = 'Discord did not answer, or not to the end; whether it took the request is unknown.';

/** Node's codes for a certificate that it does not accept. Source: Node.js documentation, "X509 certificate error codes". */
const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|^CRL_/;

function unreached(code: string): string {
  if (certificateCode.test(code))
    return "Discord's certificate was not accepted. Check the clock of this machine, DISCORD_API_URL, and whether a proxy needs NODE_EXTRA_CA_CERTS.";
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return "The name of Discord's server was not found. Check DNS and DISCORD_API_URL.";
  return 'Discord could not be reached. Check the network, DNS and DISCORD_API_URL.';
}
