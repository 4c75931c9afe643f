import type { CometChatSettings } from './config.ts';

/** What is to be ticked in the webhook's settings: each by itself, since a category can look switched on without. */
export function triggersFor({ moderation }: Pick<CometChatSettings, 'moderation'>): readonly string[] {
  const always = ['message_sent', 'message_edited', 'message_deleted', 'message_reaction_added', 'message_reaction_removed'];
  const moderated = moderation === 'approved' ? ['moderation_engine_approved', 'moderation_manual_approved'] : [];
  return [...always, ...moderated, 'moderation_engine_blocked'];
}

/** Told of as optional: who joins and leaves is carried only where a bridge's `joins` is on. */
export const membershipTriggers: readonly string[] = [
  'group_member_joined',
  'group_member_left',
  'group_member_added',
  'group_member_kicked',
];

/** https://www.cometchat.com/docs/rest-api/management-apis/webhooks */
const longestUrl = 255;

const loopback = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;
/** CometChat itself is called by https only: what is not is a simulated one, which may call what is on this machine. */
const isNear = (publicUrl: URL, apiUrl = ''): boolean => loopback.test(publicUrl.hostname) && apiUrl.startsWith('http:');

/** Where CometChat has to send its webhooks; a sentence with the fix where it cannot. */
export function webhookUrl(
  publicUrl: URL | undefined,
  { apiUrl }: Pick<CometChatSettings, 'apiUrl'>,
): { readonly url: string } | { readonly problem: string; readonly fix: string } {
  if (publicUrl === undefined)
    return {
      problem: 'CometChat cannot reach the bridge: PUBLIC_URL is not set.',
      fix: 'Set PUBLIC_URL to the https address that leads to PORT.',
    };
  const url = new URL('cometchat', publicUrl).href;
  if (publicUrl.protocol !== 'https:' && !isNear(publicUrl, apiUrl))
    return {
      problem: `CometChat sends webhooks to https addresses only, and PUBLIC_URL is ${publicUrl.protocol}//${publicUrl.host}.`,
      fix: 'Put a proxy with a certificate in front of the bridge, or a tunnel, and set PUBLIC_URL to its address.',
    };
  if (url.length > longestUrl)
    return {
      problem: `The webhook’s URL has ${url.length} characters, and CometChat takes ${longestUrl}.`,
      fix: 'Use a shorter PUBLIC_URL.',
    };
  return { url };
}

/** What CometChat's dashboard does not take as user name or password of a webhook, with the fix. */
export function credentialProblem({
  webhookUsername,
  webhookSecret,
}: Pick<CometChatSettings, 'webhookUsername' | 'webhookSecret'>): string | undefined {
  if (!/^[a-z\d]{1,50}$/i.test(webhookUsername)) return 'COMETCHAT_WEBHOOK_USERNAME: use letters and digits, at most 50.';
  if (!/^[a-z\d]{1,100}$/i.test(webhookSecret))
    return 'COMETCHAT_WEBHOOK_SECRET: use letters and digits, at most 100, such as what `openssl rand -hex 32` makes.';
  return undefined;
}
