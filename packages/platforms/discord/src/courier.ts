import { type Command, DeliveryError, type Receipt, messageId } from '@bridge/core';
import { z } from 'zod';
import type { Identity } from './config.ts';
import { type Settle, findEarlier } from './earlier.ts';
import { qualified } from './emoji.ts';
import { apiCode } from './failures.ts';
import { markOf } from './marks.ts';
import { editBody, sendBody } from './outgoing.ts';
import { snowflake } from './payload.ts';
import type { Answer, Api, Call } from './rest.ts';
import { linkOf, readMessageId, writeMessageId } from './rooms.ts';
import type { Target, Targets } from './targets.ts';

/** A command of one type. */
export type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>;
/** A message that is there. */
export type Place = Target & { readonly message: string };

/** What couriers work with. */
export interface CourierDeps {
  readonly api: Api;
  readonly identity: Identity;
  readonly targets: Targets;
  readonly settle: Settle;
}

const created = z.object({ id: snowflake });
/** Error codes of Discord. Source: API reference, "Opcodes and Status Codes". */
const unknownMessage = '10008';
const unknownEmoji = '10014';
const archived = '50083';

/** Everything in the bot's own name. */
export class BotCourier {
  protected readonly api: Api;
  readonly #deps: CourierDeps;

  constructor(deps: CourierDeps) {
    this.api = deps.api;
    this.#deps = deps;
  }

  async send(command: Of<'send'>, signal: AbortSignal): Promise<Receipt> {
    const target = await this.#deps.targets.forSend(command, signal);
    if (command.ambiguous) {
      const { api, identity, settle } = this.#deps;
      const earlier = await findEarlier(api, { channel: target.channel, mark: markOf(command), identity, settle }, signal);
      if (earlier !== undefined) return sentReceipt(earlier, target);
    }
    const answer = await this.post(command, target, signal);
    const { data } = created.safeParse(answer.body);
    if (data === undefined) throw new DeliveryError('Discord took the message and did not tell its id.', { kind: 'ambiguous' });
    return { ...sentReceipt(data.id, target), ...exhausted(answer, target) };
  }

  async edit(command: Of<'edit'>, signal: AbortSignal): Promise<Receipt> {
    return this.#changed(command, signal, async (place) => this.change(command, place, signal));
  }

  async delete(command: Of<'delete'>, signal: AbortSignal): Promise<Receipt> {
    return this.#changed(command, signal, async (place) => {
      try {
        return await this.remove(place, signal);
      } catch (error) {
        // Somebody was faster: what was asked for is so.
        return unless(error, [unknownMessage]);
      }
    });
  }

  async react(command: Of<'react'>, signal: AbortSignal): Promise<Receipt> {
    return this.#changed(command, signal, async ({ channel, message }) => {
      const emoji = encodeURIComponent(qualified(command.emoji));
      const path = `/channels/${channel}/messages/${message}/reactions/${emoji}/@me` as const;
      try {
        return await this.api.exchange({ method: command.on ? 'PUT' : 'DELETE', path }, signal);
      } catch (error) {
        if (command.on) throw error;
        return unless(error, [unknownMessage, unknownEmoji]);
      }
    });
  }

  /** Posts the message, once. */
  protected async post(command: Of<'send'>, { channel }: Target, signal: AbortSignal): Promise<Answer> {
    const nonce = `${command.delivery}-${command.step.toString(36)}`.slice(0, 25);
    const body = sendBody(command, { nonce, enforce_nonce: true, ...replyIn(command, channel) });
    return this.api.exchange({ method: 'POST', path: `/channels/${channel}/messages`, body }, signal);
  }

  protected async change(command: Of<'edit'>, { channel, message }: Place, signal: AbortSignal): Promise<Answer> {
    return this.api.exchange({ method: 'PATCH', path: `/channels/${channel}/messages/${message}`, body: editBody(command) }, signal);
  }

  protected async remove({ channel, message }: Place, signal: AbortSignal): Promise<Answer> {
    return this.api.exchange({ method: 'DELETE', path: `/channels/${channel}/messages/${message}` }, signal);
  }

  /** Changes something about a message, in a thread that was put away too. */
  async #changed(command: Exclude<Command, Of<'send'>>, signal: AbortSignal, act: (place: Place) => Promise<Answer>): Promise<Receipt> {
    const place = await this.#deps.targets.ofMessage(command, signal);
    try {
      return { message: command.message, ...exhausted(await act(place), place) };
    } catch (error) {
      if (apiCode(error) !== archived || place.thread === undefined) throw error;
      // Nothing was changed yet, so this is still one attempt.
      const reopen: Call = { method: 'PATCH', path: `/channels/${place.thread}`, body: { archived: false } };
      await this.api.call(reopen, signal);
      return { message: command.message, ...exhausted(await act(place), place) };
    }
  }
}

function unless(error: unknown, codes: readonly string[]): Answer {
  if (codes.includes(apiCode(error) ?? '')) return { body: undefined };
  throw error;
}

/** A reply to a message that is gone meanwhile is an ordinary message. */
function replyIn({ conversation, replyTo }: Of<'send'>, channel: string): object {
  const place = replyTo === undefined ? undefined : readMessageId(replyTo);
  // Discord takes replies only to messages of the very same channel or thread.
  if (place === undefined || (place.thread ?? conversation) !== channel) return {};
  return { message_reference: { message_id: place.id, fail_if_not_exists: false } };
}

function sentReceipt(id: string, { channel, thread, guild }: Target): Receipt {
  const message = messageId(writeMessageId({ thread, id }));
  return guild === undefined ? { message } : { message, messageUrl: linkOf(guild, channel, id) };
}

/** What of `limits` nothing more may be sent under for now. */
function exhausted({ exhaustedForMs }: Answer, { base }: Target): Pick<Receipt, 'exhausted'> {
  return exhaustedForMs === undefined ? {} : { exhausted: { key: channelKey(base), forMs: exhaustedForMs } };
}

/** What the buckets of one channel, its threads and its webhook are called in `limits`. */
export const channelKey = (channel: string): string => `channel:${channel}`;
