import { type Command, type ConversationId, DeliveryError, messageId, type MessageId, type Receipt, type Sender } from '@bridge/core';
import { z } from 'zod';
import { Actor } from './actor.ts';
import { type Answer, type Client, isCode } from './client.ts';
import { type CometChatSettings, targetOf } from './config.ts';
import { bridgePuppet, type Puppet, puppetOf, Puppets, puppetWithoutLabel } from './ensure.ts';
import { toDeliveryError } from './failures.ts';
import { appLimits, usedUp } from './limits.ts';
import { markOf, muidOf, tagsOf } from './mark.ts';
import { contentFor } from './outgoing.ts';
import { puppetUid } from './puppet.ts';
import { type Settle, findSent, settleAWhile } from './recent.ts';
import { measure, render } from './render.ts';

type Of<T extends Command['type']> = Extract<Command, { type: T }>;
type Authored = Exclude<Command, { type: 'delete' }>;
/** Who writes. */
export type SenderSettings = Pick<CometChatSettings, 'senderMode' | 'bridgeUid'> & {
  /** The wait before an attempt whose answer was lost is looked for once more; a second and a half where absent. */
  readonly settle?: Settle;
};
/** Who acts, and as whom. */
interface Acting {
  readonly actor: Actor;
  readonly puppet: Puppet;
}

const answerSchema = z.object({ data: z.object({ id: z.union([z.string(), z.number()]).transform(String) }) });
const messageSchema = z.object({
  data: z.object({
    parentId: z.union([z.string(), z.number()]).transform(String).optional().catch(undefined),
    data: z
      .object({ attachments: z.array(z.unknown()).optional().catch(undefined) })
      .optional()
      .catch(undefined),
  }),
});
const gone = /^ERR_(MESSAGE_ID_NOT_FOUND|MSG_NOT_FOUND|MESSAGE_NOT_FOUND|MESSAGE_ALREADY_DELETED)/;
/** No document names these; a reaction that is there, or is not, already is as it should be. */
const asItIs = /^ERR_.*(ALREADY_REACTED|NOT_REACTED|REACTION\w*_(ALREADY|EXISTS|NOT_FOUND|DOES_NOT_EXIST))|^ERR_ALREADY_\w*REACT/;
const longAgo = 24 * 3_600_000;

const messagePath = (message: MessageId | string): string => `/messages/${encodeURIComponent(message)}`;

async function readMessage({ client, signal }: Actor, message: string): Promise<z.infer<typeof messageSchema>['data'] | undefined> {
  return messageSchema.safeParse((await client.call({ method: 'GET', path: messagePath(message) }, signal)).json).data?.data;
}

/** What a thread may have become: it answers in another one, or is not there. */
const threadGone = new RegExp(`${gone.source}|^ERR_(WRONG_MESSAGE_THREAD|MESSAGE_THREAD)`);

/**
 * Posts into a thread. A thread hangs on a message of the conversation itself, so an answer to what is in a thread goes
 * into that thread; and what no thread can be made of any more is said in the conversation rather than nowhere.
 */
async function postInto(
  { thread, nested = false }: { readonly thread?: string | undefined; readonly nested?: boolean },
  actor: Actor,
  post: (path: string) => Promise<Answer>,
): Promise<Answer> {
  if (thread === undefined) return post('/messages');
  try {
    return await post(`${messagePath(thread)}/thread`);
  } catch (error) {
    if (!isCode(error, threadGone)) throw error;
    if (nested || !isCode(error, /^ERR_MESSAGE_THREAD_NESTING/)) return post('/messages');
    const answered = await actor.prepare(() => readMessage(actor, thread));
    return postInto({ thread: answered?.parentId, nested: true }, actor, post);
  }
}

async function send(
  command: Of<'send'>,
  { actor, puppet }: Acting,
  { bridgeUid, settle = settleAWhile }: SenderSettings,
): Promise<Receipt> {
  const { client, signal } = actor;
  const target = targetOf(command.conversation);
  if (command.ambiguous) {
    const search = { target, step: command, bridgeUid, since: command.begunAt ?? Date.now() - longAgo, settle };
    const found = await actor.prepare(() => findSent(client, search, signal));
    if (found !== undefined) return { message: found };
  }
  const body = { ...target, category: 'message', ...contentFor(command), muid: muidOf(command), tags: tagsOf(command) };
  const answer = await postInto(command, actor, (path) =>
    actor.actAs(puppet, target, () => client.call({ method: 'POST', path, onBehalfOf: puppet.uid, body }, signal)),
  );
  const sent = answerSchema.safeParse(answer.json);
  // Taken, but under which id is unknown: as good as no answer.
  if (!sent.success) throw new DeliveryError('CometChat’s answer has no message id; it is looked for again.', { kind: 'ambiguous' });
  return { message: messageId(sent.data.data.id), ...usedUp(answer.headers) };
}

/** The files of a message, to be named again: no document says whether an edit leaves alone what it does not name. */
async function filesOf(actor: Actor, message: MessageId): Promise<object> {
  const attachments = (await actor.prepare(() => readMessage(actor, message)))?.data?.attachments;
  return attachments === undefined ? {} : { attachments };
}

async function edit(command: Of<'edit'>, { actor, puppet }: Acting): Promise<Receipt> {
  const { client, signal } = actor;
  const { message } = command;
  const files = command.shows === 'caption' ? await filesOf(actor, message) : {};
  const body = { data: { text: render(command.body), ...files, metadata: markOf(command) } };
  const call = { method: 'PUT', path: messagePath(message), body } as const;
  const write = async (): Promise<Answer> => {
    try {
      return await actor.actAs(puppet, targetOf(command.conversation), () => client.call({ ...call, onBehalfOf: puppet.uid }, signal));
    } catch (error) {
      // A moderator elsewhere edited what another person's user wrote here: only the app itself may change that.
      if (!isCode(error, /^ERR_(MESSAGE_NOT_A_SENDER|MESSAGE_NO_ACCESS)/)) throw error;
      return client.call(call, signal);
    }
  };
  return { message, ...usedUp((await write()).headers) };
}

/** As the app: a delete does not tell whose user wrote the message, and only that one or the app may remove it. */
async function remove({ message }: Of<'delete'>, actor: Actor): Promise<Receipt> {
  const path = messagePath(message);
  return settled(message, gone, () => actor.act(() => actor.client.call({ method: 'DELETE', path }, actor.signal)));
}

async function react(command: Of<'react'>, { actor, puppet }: Acting): Promise<Receipt> {
  const { message, emoji, on } = command;
  const path = `${messagePath(message)}/reactions/${encodeURIComponent(emoji)}`;
  const call = { method: on ? 'POST' : 'DELETE', path, onBehalfOf: puppet.uid } as const;
  const already = on ? asItIs : new RegExp(`${asItIs.source}|${gone.source}`);
  try {
    return await settled(message, already, () =>
      actor.actAs(puppet, targetOf(command.conversation), () => actor.client.call(call, actor.signal)),
    );
  } catch (error) {
    if (!isCode(error, /^ERR_(BAD_REQUEST|INVALID)/)) throw error;
    const say = 'CometChat refuses this reaction: it takes 25 different ones on a message, each of at most 45 characters.';
    throw new DeliveryError(say, { kind: 'permanent', reason: 'invalid' });
  }
}

/** Does what is done already as well as what is done now. */
async function settled(message: MessageId, already: RegExp, step: () => Promise<Answer>): Promise<Receipt> {
  try {
    return { message, ...usedUp((await step()).headers) };
  } catch (error) {
    if (!isCode(error, already)) throw error;
    return { message };
  }
}

const impersonatesIn = ({ senderMode }: SenderSettings, conversation: ConversationId): boolean =>
  senderMode === 'puppets' && conversation.startsWith('group:');

function puppetFor(command: Authored, settings: SenderSettings): Puppet {
  const { author, origin } = command;
  if (!impersonatesIn(settings, command.conversation)) return bridgePuppet(settings.bridgeUid);
  const uid = puppetUid(origin, author.id);
  return command.type === 'react' ? puppetWithoutLabel(uid, author, origin) : puppetOf(uid, command.label, author.avatar);
}

function carryOut(command: Command, actor: Actor, settings: SenderSettings): Promise<Receipt> {
  if (command.type === 'delete') return remove(command, actor);
  const acting = { actor, puppet: puppetFor(command, settings) };
  switch (command.type) {
    case 'send':
      return send(command, acting, settings);
    case 'edit':
      return edit(command, acting);
    case 'react':
      return react(command, acting);
    default: {
      const never: never = command;
      return never;
    }
  }
}

/** Writes as a user per author in groups, or as the bridge's own user; makes users and memberships as they are needed. */
export function createSender(client: Client, settings: SenderSettings): Sender {
  const puppets = new Puppets(client);
  return {
    async deliver(command, signal) {
      if (signal.aborted) throw new DeliveryError('The bridge is stopping; this is sent after its restart.', { kind: 'shutting-down' });
      const actor = new Actor({ client, puppets, signal });
      try {
        return await carryOut(command, actor, settings);
      } catch (error) {
        throw toDeliveryError(error, actor.stage);
      }
    },
    measure,
    impersonates: (conversation) => impersonatesIn(settings, conversation),
    // One user reacts for all where one user writes for all, and with each emoji once.
    reactionsBy: (conversation) => (impersonatesIn(settings, conversation) ? 'person' : 'emoji'),
    limits: () => appLimits,
    async close() {
      client.close();
    },
  };
}
