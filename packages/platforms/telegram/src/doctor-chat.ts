import type { Finding } from '@bridge/core';
import { z } from 'zod';
import type { Client } from './api.ts';
import { toDeliveryError } from './failures.ts';

/** Who looks. */
export interface ChatLook {
  readonly client: Client;
  readonly botId: number;
  /** Privacy mode is off. */
  readonly seesAll: boolean;
}

/** A chat and those of its topics that are bridged. */
export interface Bridged {
  readonly chat: number;
  readonly topics: readonly number[];
}

type Api = Client['api'];
type Chat = Awaited<ReturnType<Api['getChat']>>;

/** What a member may, whatever its status: which rights are told depends on that. */
const memberSchema = z.object({
  status: z.string(),
  can_send_messages: z.boolean().optional(),
  can_post_messages: z.boolean().optional(),
  can_edit_messages: z.boolean().optional(),
  can_delete_messages: z.boolean().optional(),
});
type Member = z.infer<typeof memberSchema>;

/** What a bot needs in one chat, each thing that is wrong as a finding of its own; one that passes where nothing is. Total. */
export async function* lookAtChat(
  { client, botId, seesAll }: ChatLook,
  { chat: id, topics }: Bridged,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const check = `chat ${id}`;
  try {
    const chat = await client.api.getChat({ chat_id: id }, signal);
    const member = memberSchema.parse(await client.api.getChatMember({ chat_id: id, user_id: botId }, signal));
    const problems = [...membership(chat, member), ...rights(chat, member, seesAll), ...forum(chat, topics), ...reactions(chat)];
    const name = chat.title ?? chat.first_name ?? String(id);
    if (problems.length === 0) yield { check, status: 'pass', detail: `“${name}”: the bot may do all that it needs to.` };
    for (const { status, detail, fix } of problems) yield { check, status, detail: `“${name}”: ${detail}`, fix };
  } catch (error) {
    const { message, failure } = toDeliveryError(error, signal, client.scrub);
    const gone = failure.kind === 'permanent';
    const moved = gone ? failure.movedTo : undefined;
    const fix =
      moved === undefined ? missingFix : `Write "${moved}" for \`chat\` in bridges.yaml; until then the bridge follows by itself.`;
    yield { check, status: moved === undefined ? 'fail' : 'warn', detail: message, fix: gone ? fix : fixWhenAway };
  }
}

const missingFix = 'Check `chat` in bridges.yaml, and add the bot to the chat: chat → Add members → the bot’s @name.';
const fixWhenAway = 'Run the doctor again in a minute.';

interface Problem {
  readonly status: 'warn' | 'fail';
  readonly detail: string;
  readonly fix: string;
}

const fail = (detail: string, fix: string): Problem => ({ status: 'fail', detail, fix });
const warn = (detail: string, fix: string): Problem => ({ status: 'warn', detail, fix });

function membership({ type, permissions }: Chat, member: Member): Problem[] {
  if (type === 'private') return [];
  if (member.status === 'left' || member.status === 'kicked') return [fail('the bot is not in this chat.', 'Add it to the chat.')];
  if (member.status === 'restricted' && member.can_send_messages !== true)
    return [fail('the bot may not write here.', 'Lift its restrictions in the list of members.')];
  if (member.status === 'member' && permissions?.can_send_messages === false)
    return [fail('members may not write here, and the bot is one.', 'Make the bot an administrator.')];
  return [];
}

const administrator = 'Make the bot an administrator of the chat.';

function rights({ type, permissions }: Chat, member: Member, seesAll: boolean): Problem[] {
  if (type === 'private' || member.status === 'left' || member.status === 'kicked') return [];
  if (member.status !== 'administrator') {
    if (type === 'channel')
      return [fail('only administrators may post in a channel.', `${administrator} It needs the rights to post, edit and delete.`)];
    const noFiles = [permissions?.can_send_photos, permissions?.can_send_documents, permissions?.can_send_videos].includes(false);
    return [
      warn('reactions of people are told to administrators only, and the bot is none.', administrator),
      ...(seesAll
        ? []
        : [fail('with privacy mode on, the bot sees no messages here.', `${administrator} Or switch privacy mode off with @BotFather.`)]),
      ...(noFiles ? [warn('members may not send all kinds of files here.', `${administrator} Or allow them to.`)] : []),
    ];
  }
  const lacking = [
    ...(type === 'channel' && member.can_post_messages !== true ? ['post'] : []),
    ...(type === 'channel' && member.can_edit_messages !== true ? ['edit'] : []),
  ];
  return [
    ...(lacking.length > 0
      ? [fail(`the bot may not ${lacking.join(' and ')} messages.`, 'Give it these rights in the list of administrators.')]
      : []),
    ...(member.can_delete_messages === true
      ? []
      : [warn('the bot may delete only its own messages of the last 48 hours.', 'Give it the right to delete messages.')]),
  ];
}

function forum({ is_forum: isForum }: Chat, topics: readonly number[]): Problem[] {
  if (topics.length === 0 || isForum === true) return [];
  return [fail('it has no topics.', `Take \`topic: ${topics.join(', ')}\` out of bridges.yaml, or switch topics on in the group.`)];
}

function reactions({ available_reactions: available }: Chat): Problem[] {
  if (available === undefined || available.some(({ type }) => type === 'emoji')) return [];
  return [
    warn(
      'reactions are switched off, so none can be shown.',
      'Allow them in the chat’s settings, or set `reactions: false` for the bridge.',
    ),
  ];
}
