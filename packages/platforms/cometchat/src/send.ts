import { type Command, DeliveryError, messageId, type Receipt, type Sender } from '@bridge/core';
import { z } from 'zod';
import { type Client, Refusal } from './client.ts';
import { type CometChatSettings, type Target, targetOf } from './config.ts';
import { type Puppet, puppetOf, Puppets } from './ensure.ts';
import { type Stage, toDeliveryError } from './failures.ts';
import { puppetUid } from './puppet.ts';
import { measure, render } from './render.ts';

type Of<T extends Command['type']> = Extract<Command, { type: T }>;
type Authored = Exclude<Command, { type: 'delete' }>;
/** Who writes. */
export type SenderSettings = Pick<CometChatSettings, 'senderMode' | 'bridgeUid'>;

const answerSchema = z.object({ data: z.object({ id: z.union([z.string(), z.number()]).transform(String) }) });
const isCode = (error: unknown, match: RegExp): boolean => error instanceof Refusal && match.test(error.code);
const gone = /^ERR_(MESSAGE_ID_NOT_FOUND|MSG_NOT_FOUND|MESSAGE_NOT_FOUND|MESSAGE_ALREADY_DELETED)/;
const notJoined = /^ERR_(GROUP_NOT_JOINED|NOT_A_MEMBER)/;

/** What tells our own messages when they come back as webhooks, and later finds one whose answer was lost. */
const markOf = ({ delivery, step, origin }: Of<'send' | 'edit'>) => ({ bridge: { v: 1, delivery, step, origin } });

/** One command under way; knows what had begun when something fails. */
class Delivery {
  stage: Stage = 'preparing';
  private readonly client: Client;
  private readonly puppets: Puppets;
  private readonly signal: AbortSignal;

  constructor(client: Client, puppets: Puppets, signal: AbortSignal) {
    this.client = client;
    this.puppets = puppets;
    this.signal = signal;
  }

  /**
   * Acts as the author's user. Two refusals can be mended: the user is gone, or not in the group. Both say for certain
   * that nothing was done, so acting again after mending is not a second attempt.
   */
  private async actAs<T>(puppet: Puppet, target: Target, act: () => Promise<T>): Promise<T> {
    await this.prepare(() => this.puppets.ensure(puppet, this.signal));
    const mended = new Set<string>();
    for (;;) {
      try {
        this.stage = 'acting';
        return await act();
      } catch (error) {
        const fault = this.mendable(error, target);
        if (fault === undefined || mended.has(fault)) throw error;
        mended.add(fault);
        await this.prepare(() => this.mend(fault, puppet, target));
      }
    }
  }

  private mendable(error: unknown, target: Target): 'not-joined' | 'no-user' | undefined {
    if (target.receiverType !== 'group') return undefined;
    if (isCode(error, notJoined)) return 'not-joined';
    return isCode(error, /^ERR_UID_NOT_FOUND/) ? 'no-user' : undefined;
  }

  private async mend(fault: 'not-joined' | 'no-user', puppet: Puppet, target: Target): Promise<void> {
    if (fault === 'not-joined') return this.puppets.join(target.receiver, puppet.uid, this.signal);
    this.puppets.forget(puppet.uid);
    await this.puppets.ensure(puppet, this.signal);
  }

  private async prepare(step: () => Promise<void>): Promise<void> {
    this.stage = 'preparing';
    await step();
  }

  async send(command: Of<'send'>, puppet: Puppet): Promise<Receipt> {
    const target = targetOf(command.conversation);
    const body = {
      ...target,
      category: 'message',
      type: 'text',
      muid: `${command.delivery}-${command.step}`,
      tags: ['bridge'],
      data: { text: render(command.body), metadata: markOf(command) },
    };
    const call = { method: 'POST', path: '/messages', onBehalfOf: puppet.uid, body } as const;
    const answer = answerSchema.safeParse(await this.actAs(puppet, target, () => this.client.call(call, this.signal)));
    // Taken, but under which id is unknown: as good as no answer.
    if (!answer.success) throw new DeliveryError('CometChat’s answer has no message id; it is looked for again.', { kind: 'ambiguous' });
    return { message: messageId(answer.data.data.id) };
  }

  async edit(command: Of<'edit'>, puppet: Puppet): Promise<Receipt> {
    const path = `/messages/${encodeURIComponent(command.message)}`;
    const body = { data: { text: render(command.body), metadata: markOf(command) }, tags: ['bridge'] };
    const call = { method: 'PUT', path, body } as const;
    try {
      await this.actAs(puppet, targetOf(command.conversation), () => this.client.call({ ...call, onBehalfOf: puppet.uid }, this.signal));
    } catch (error) {
      // A moderator elsewhere edited what another person's user wrote here: only the app itself may change that.
      if (!isCode(error, /^ERR_(MESSAGE_NOT_A_SENDER|MESSAGE_NO_ACCESS)/)) throw error;
      await this.client.call(call, this.signal);
    }
    return { message: command.message };
  }

  async remove(command: Of<'delete'>): Promise<Receipt> {
    this.stage = 'acting';
    try {
      // As the app: a delete does not tell whose user wrote the message, and only that one or the app may remove it.
      await this.client.call({ method: 'DELETE', path: `/messages/${encodeURIComponent(command.message)}` }, this.signal);
    } catch (error) {
      if (!isCode(error, gone)) throw error;
    }
    return { message: command.message };
  }

  async react(command: Of<'react'>, puppet: Puppet): Promise<Receipt> {
    const path = `/messages/${encodeURIComponent(command.message)}/reactions/${encodeURIComponent(command.emoji)}`;
    const call = { method: command.on ? 'POST' : 'DELETE', path, onBehalfOf: puppet.uid } as const;
    await this.actAs(puppet, targetOf(command.conversation), () => this.client.call(call, this.signal));
    return { message: command.message };
  }
}

const impersonatesIn = ({ senderMode }: SenderSettings, conversation: string): boolean =>
  senderMode === 'puppets' && conversation.startsWith('group:');

function puppetFor(command: Authored, settings: SenderSettings): Puppet {
  if (!impersonatesIn(settings, command.conversation)) return { uid: settings.bridgeUid, name: 'Bridge', keep: true };
  const name = command.type === 'react' ? command.author.displayName : command.label;
  return puppetOf(puppetUid(command.origin, command.author.id), name, command.author.avatar);
}

function carryOut(delivery: Delivery, command: Command, settings: SenderSettings): Promise<Receipt> {
  switch (command.type) {
    case 'send':
      return delivery.send(command, puppetFor(command, settings));
    case 'edit':
      return delivery.edit(command, puppetFor(command, settings));
    case 'delete':
      return delivery.remove(command);
    case 'react':
      return delivery.react(command, puppetFor(command, settings));
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
      const delivery = new Delivery(client, puppets, signal);
      try {
        return await carryOut(delivery, command, settings);
      } catch (error) {
        throw toDeliveryError(error, delivery.stage);
      }
    },
    measure,
    impersonates: (conversation) => impersonatesIn(settings, conversation),
    async close() {
      client.close();
    },
  };
}
