import { DeliveryError, type DeliveryFailure, type PermanentReason } from '@bridge/core';
import { NoAnswer, Refusal } from './client.ts';
import { waitMs } from './limits.ts';

type Row = {
  /** CometChat's `error.code`. */
  readonly match: RegExp;
  readonly failure: DeliveryFailure;
  /** For the operator: what it means and what to do. */
  readonly say: string;
};

const permanent = (reason: PermanentReason): DeliveryFailure => ({ kind: 'permanent', reason });

/**
 * CometChat's refusals by their code, since the documented HTTP statuses are not reliable; the first row that fits
 * decides. https://www.cometchat.com/docs/articles/error-guide
 */
const table: readonly Row[] = [
  {
    match: /^AUTH_ERR_|^ERR_(API_KEY|APIKEY|UNAUTHORI[SZ]ED)|API_?KEY_NOT_FOUND/,
    failure: { kind: 'unauthorised' },
    say:
      'CometChat does not take the API key. Copy the REST API Key (scope fullAccess, not the Auth Key) into COMETCHAT_API_KEY, ' +
      'and check COMETCHAT_APP_ID and COMETCHAT_REGION.',
  },
  {
    match: /^ERR_(PLAN_RESTRICTION|SUBSCRIPTION_EXPIRED|PLAN_QUOTA_RESTRICTION)/,
    failure: permanent('forbidden'),
    say: 'The CometChat plan does not allow this. Look at Billing in the dashboard; COMETCHAT_SENDER_MODE=single needs only one user.',
  },
  { match: /^ERR_GUID_NOT_FOUND/, failure: permanent('not-found'), say: 'There is no such group. Check `group` in bridges.yaml.' },
  {
    match: /^ERR_UID_NOT_FOUND/,
    failure: permanent('not-found'),
    say: 'There is no such user, or it is deactivated. Check `user` in bridges.yaml and the users in the dashboard.',
  },
  {
    match: /^ERR_(MESSAGE_ID_NOT_FOUND|MSG_NOT_FOUND|MESSAGE_NOT_FOUND|MESSAGE_ALREADY_DELETED)/,
    failure: permanent('message-gone'),
    say: 'The message does not exist in CometChat any more.',
  },
  {
    match: /^ERR_BANNED_GROUPMEMBER/,
    failure: permanent('forbidden'),
    say: 'This author’s user is banned from the group. Unban it in the dashboard, or leave it so.',
  },
  {
    match: /^ERR_NO_VACANCY/,
    failure: permanent('forbidden'),
    say: 'The group is full. Raise its limit, or set COMETCHAT_SENDER_MODE=single.',
  },
  {
    match: /^ERR_(GROUP_NOT_JOINED|NOT_A_MEMBER)/,
    failure: permanent('forbidden'),
    say: 'The user could not be made a member of the group. Add it in the dashboard.',
  },
  { match: /^ERR_BLOCKED_RECEIVER/, failure: permanent('forbidden'), say: 'The person has blocked the bridge’s user.' },
  {
    match: /^ERR_BLOCKED_BY/,
    failure: permanent('forbidden'),
    say: 'An extension, a moderation rule or a webhook of the app blocks this message.',
  },
  {
    match: /REACTION\w*(LIMIT|MAX|EXCEED)|TOO_MANY_REACTIONS/,
    failure: permanent('invalid'),
    say: 'The message has as many different reactions as CometChat takes (25) already.',
  },
  {
    match: /^ERR_(MESSAGE_NO_ACCESS|MESSAGE_NOT_A_SENDER|MESSAGE_ACTION_NOT_ALLOWED)/,
    failure: permanent('forbidden'),
    say: 'CometChat does not let this user change the message.',
  },
  {
    match: /TOO_LARGE|TOO_LONG|LIMIT_EXCEEDED|MAX_LENGTH|SIZE/,
    failure: permanent('too-large'),
    say: 'The message is longer than CometChat takes.',
  },
  {
    match: /^ERR_(OPERATION_FAILED|MISSION_FAILED|EXCEPTION)/,
    failure: { kind: 'transient' },
    say: 'CometChat has trouble of its own; it is tried again.',
  },
  {
    match: /^ERR_(BAD_REQUEST|INVALID_|EMPTY_|MESSAGE_THREAD|WRONG_)/,
    failure: permanent('invalid'),
    say: 'CometChat refuses this message.',
  },
];

/** Where an answer has no code that is known here, or is not CometChat's at all: a proxy, a firewall, a page of an error. */
function byStatus(status: number, code: string): Omit<Row, 'match'> {
  if (status === 401)
    return {
      failure: { kind: 'unauthorised' },
      say: 'CometChat does not take the API key. Check COMETCHAT_API_KEY, COMETCHAT_APP_ID and COMETCHAT_REGION.',
    };
  if (status === 413) return { failure: permanent('too-large'), say: 'The message is longer than CometChat takes.' };
  if (status === 403 && code !== '') return { failure: permanent('forbidden'), say: 'CometChat does not allow this.' };
  if (status === 403 || status === 404)
    return {
      failure: { kind: 'transient' },
      say: 'Something that is not CometChat’s API answers. Check COMETCHAT_APP_ID, COMETCHAT_REGION, COMETCHAT_API_URL and the network’s proxy.',
    };
  if (status >= 300 && status < 400)
    return { failure: { kind: 'transient' }, say: 'The API redirects, which it should not. Check COMETCHAT_API_URL.' };
  return { failure: { kind: 'transient' }, say: 'CometChat has trouble of its own; it is tried again.' };
}

function refused(error: Refusal): DeliveryError {
  const answer = { status: error.status, ...(error.code ? { code: error.code } : {}) };
  if (error.status === 429 || error.code === 'ERR_TOO_MANY_REQUESTS') {
    const retryAfterMs = waitMs(error.headers);
    // The limits are those of the whole app.
    const failure: DeliveryFailure = { kind: 'rate-limited', retryAfterMs, scope: 'platform' };
    return new DeliveryError(`CometChat asks to wait ${Math.ceil(retryAfterMs / 1000)} s; the bridge does.`, failure, answer);
  }
  // Whatever the code, a proxy's included.
  const byCode = error.status < 500 && error.status !== 401;
  const known = byCode ? table.find((row) => row.match.test(error.code)) : undefined;
  const { failure, say } = known ?? byStatus(error.status, error.code);
  return new DeliveryError(`${say} (CometChat: ${error.status} ${error.code || 'without a code'})`, failure, answer);
}

const stopping = () =>
  new DeliveryError('The bridge is stopping; this is sent after its restart.', { kind: 'shutting-down' }, { code: 'aborted' });

function fixFor(code: string): string {
  if (/CERT|SIGNED|SSL|TLS/.test(code))
    return 'Its certificate is not trusted here: check the clock, COMETCHAT_API_URL, and NODE_EXTRA_CA_CERTS for an authority of your own.';
  if (code === 'not-json') return 'A proxy seems to answer in its place. Check the network and COMETCHAT_API_URL.';
  return 'Check the network, COMETCHAT_APP_ID and COMETCHAT_REGION, and COMETCHAT_API_URL if it is set.';
}

function unanswered(error: NoAnswer, stage: Stage): DeliveryError {
  const answer = { code: error.code };
  // Making a user or a member again does no harm: nothing was lost or doubled by it.
  const harmless = !error.sent || stage === 'preparing';
  if (error.code === 'aborted' && harmless) return stopping();
  if (harmless) {
    return new DeliveryError(`CometChat cannot be reached (${error.code}). ${fixFor(error.code)}`, { kind: 'transient' }, answer);
  }
  const say = 'CometChat did not answer after the request was sent; it may or may not have been carried out.';
  return new DeliveryError(`${say} (${error.code})`, { kind: 'ambiguous' }, answer);
}

/** What was under way: getting the author's user ready, or the effect itself. */
export type Stage = 'preparing' | 'acting';

/** What a failed call means for a delivery. Total: every error becomes a `DeliveryError`, and none holds the key or the text. */
export function toDeliveryError(error: unknown, stage: Stage): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof Refusal) return refused(error);
  if (error instanceof NoAnswer) return unanswered(error, stage);
  const kind = error instanceof Error ? error.name : typeof error;
  return new DeliveryError(`Sending to CometChat failed in the bridge itself (${kind}).`, { kind: 'transient' });
}
