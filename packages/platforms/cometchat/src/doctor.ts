import type { ConversationId, DoctorLook, Finding } from '@bridge/core';
import { type Call, type Client, isCode } from './client.ts';
import { type CometChatSettings, targetOf } from './config.ts';
import { credentialProblem, triggersFor, webhookUrl } from './dashboard.ts';
import { toDeliveryError } from './failures.ts';

/** What the doctor goes by. */
export interface Examined {
  readonly client: Client;
  readonly settings: CometChatSettings;
  readonly look: DoctorLook;
}

type Asked = { readonly ok: true; readonly json: unknown } | { readonly ok: false; readonly error: unknown; readonly say: string };

async function ask({ client, look }: Examined, call: Omit<Call, 'method'>): Promise<Asked> {
  try {
    return { ok: true, json: (await client.call({ method: 'GET', ...call }, look.signal)).json };
  } catch (error) {
    return { ok: false, error, say: toDeliveryError(error, 'preparing').message };
  }
}

/** Of a group, or of a user. */
export const roomMissing = /^ERR_(GUID|UID)_NOT_FOUND/;
const refusedFix = 'Look at the answer above; https://www.cometchat.com/docs/articles/error-guide explains its code.';

/** Looks at the app as it is now. Total: what cannot be found out is a finding. */
export async function* doctor(examined: Examined): AsyncIterable<Finding> {
  const { settings, look } = examined;
  const user = await ask(examined, { path: `/users/${settings.bridgeUid}` });
  const missing = !user.ok && isCode(user.error, /^ERR_UID_NOT_FOUND/);
  const reached = user.ok || missing;
  yield reached
    ? { check: 'api key', status: 'pass', detail: `The REST API of app ${settings.appId} takes the key.` }
    : { check: 'api key', status: 'fail', detail: user.say, fix: keyFix(user.error) };
  if (reached) {
    yield await bridgeUser(examined, missing);
    for (const conversation of look.conversations) yield await room(examined, conversation);
  }
  yield* webhook(examined);
}

const keyFix = (error: unknown): string =>
  toDeliveryError(error, 'preparing').failure.kind === 'unauthorised'
    ? 'app.cometchat.com → your app → API & Auth Keys: copy the REST API Key (scope fullAccess) into COMETCHAT_API_KEY.'
    : 'Check the network, COMETCHAT_APP_ID, COMETCHAT_REGION and COMETCHAT_API_URL.';

/** Without a user to act as the bridge can write to nobody. */
async function bridgeUser(examined: Examined, missing: boolean): Promise<Finding> {
  const { bridgeUid } = examined.settings;
  const check = 'acting as users';
  if (missing)
    return {
      check,
      status: 'pass',
      detail: `The bridge’s user ${bridgeUid} is made when it is first needed; \`bridge setup cometchat\` makes it now.`,
    };
  const acted = await ask(examined, { path: `/users/${bridgeUid}`, onBehalfOf: bridgeUid });
  return acted.ok
    ? { check, status: 'pass', detail: `The key may act as ${bridgeUid}.` }
    : {
        check,
        status: 'fail',
        detail: `The key may not act as ${bridgeUid}: ${acted.say}`,
        fix: 'Use a REST API Key of scope fullAccess; the Auth Key cannot act for users. A user that is deactivated is reactivated in the dashboard.',
      };
}

async function room(examined: Examined, conversation: ConversationId): Promise<Finding> {
  const { receiver, receiverType } = targetOf(conversation);
  const found = await ask(examined, { path: `/${receiverType}s/${encodeURIComponent(receiver)}` });
  const check = `${receiverType} ${receiver}`;
  if (found.ok) return { check, status: 'pass', detail: `The ${receiverType} ${receiver} is there.` };
  if (!isCode(found.error, roomMissing)) return { check, status: 'fail', detail: found.say, fix: refusedFix };
  const fix =
    receiverType === 'group'
      ? 'Copy the GUID from app.cometchat.com → your app → Groups into `group` in bridges.yaml.'
      : 'Copy the UID from app.cometchat.com → your app → Users into `user` in bridges.yaml; a deactivated user is not found either.';
  return { check, status: 'fail', detail: `There is no ${receiverType} ${receiver} in app ${examined.settings.appId}.`, fix };
}

const minute = 60_000;

function ago(ms: number): string {
  if (ms < 2 * minute) return 'a moment ago';
  return ms < 120 * minute ? `${Math.floor(ms / minute)} minutes ago` : `${Math.floor(ms / (60 * minute))} hours ago`;
}

/** An app's webhooks cannot be read with its key: only what arrives tells that they are set up. */
function* webhook({ settings, look }: Examined): Iterable<Finding> {
  const address = webhookUrl(look.publicUrl, settings);
  yield 'url' in address
    ? { check: 'public url', status: 'pass', detail: `CometChat is to send its webhooks to ${address.url}.` }
    : { check: 'public url', status: 'fail', detail: address.problem, fix: address.fix };
  const problem = credentialProblem(settings);
  if (problem !== undefined)
    yield {
      check: 'webhook login',
      status: 'warn',
      detail: 'The dashboard does not take the webhook’s user name or password.',
      fix: problem,
    };
  yield { check: 'webhook', ...seen(look, fieldsOf(settings, 'url' in address ? address.url : '<PUBLIC_URL>/cometchat')) };
}

const fieldsOf = (settings: CometChatSettings, url: string): string =>
  'app.cometchat.com → your app → Settings → Webhooks (not Legacy Webhooks): ' +
  `URL ${url}, enabled, Basic auth on, retry on failure on, and ticked one by one: ${triggersFor(settings).join(', ')}. ` +
  'Then write something in a bridged group. `bridge setup cometchat` lists every field.';

/** What came of the webhook lately: the last thing that was seen of it decides. */
function seen({ lastReceivedAt, webhookSeen = {} }: DoctorLook, fields: string): Omit<Finding, 'check'> {
  const { accepted, refused = 0, missed = 0 } = webhookSeen;
  const last = accepted ?? 0;
  const since = (then: number) => ago(Date.now() - then);
  if (refused > last)
    return {
      status: 'warn',
      detail: `A webhook came ${since(refused)} with a wrong user name or password, and none with the right one after it.`,
      fix:
        'app.cometchat.com → your app → Settings → Webhooks → Basic auth: the user name is COMETCHAT_WEBHOOK_USERNAME, and ' +
        '`bridge setup cometchat --show` prints the password. Then write something in a bridged group; with nothing changed there, it was a stranger.',
    };
  if (missed > last)
    return {
      status: 'warn',
      detail: `No webhook told of a message that was written ${since(missed)}; the bridge found it by itself. None has come since.`,
      fix: `Where the bridge was down then, all is well. Otherwise look at the webhook: ${fields}`,
    };
  const came = accepted ?? lastReceivedAt;
  if (came !== undefined) return { status: 'pass', detail: `The last webhook came ${since(came)}.` };
  return {
    status: 'warn',
    detail: 'No webhook is known to have come, and CometChat lets no API key look at their settings.',
    fix: fields,
  };
}
