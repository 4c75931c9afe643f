import { DeliveryError, messageId } from '@bridge/core';
import type { Command, Receipt, Sender } from '@bridge/core';
import { z } from 'zod';
import type { Identity } from './config.ts';
import { apiCode, toDeliveryError } from './failures.ts';
import type { FailureContext } from './failures.ts';
import { webhookName } from './names.ts';
import { snowflake } from './payload.ts';
import { renderBody } from './render.ts';
import type { Api } from './rest.ts';
import { createWebhooks } from './webhooks.ts';
import type { Puppeteer } from './webhooks.ts';

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>;

/** What the sender is made of. */
export interface SenderDeps {
  readonly api: Api;
  readonly identity: Identity;
  readonly mode: 'puppets' | 'single';
}

/** The length that Discord counts: UTF-16 units of what is sent. */
export const measure: Sender['measure'] = (body) => renderBody(body).length;

/** Nobody is pinged by what people elsewhere write. */
const allowedMentions = { allowed_mentions: { parse: [] } };
const created = z.object({ id: snowflake });

/** The sender: puppets through webhooks, or the bot alone. One attempt for each command. */
export function createSender({ api, identity, mode }: SenderDeps): Sender {
  const courier = mode === 'puppets' ? new PuppetCourier(api, identity) : new BotCourier(api);
  return {
    deliver: async (command, signal) => {
      try {
        checkIds(command);
        return await deliver(courier, command, signal);
      } catch (error) {
        throw toDeliveryError(error, contextOf(command, { mode, aborted: signal.aborted }));
      }
    },
    measure,
    impersonates: () => mode === 'puppets',
    close: async () => Promise.resolve(api.close()),
  };
}

async function deliver(courier: BotCourier, command: Command, signal: AbortSignal): Promise<Receipt> {
  switch (command.type) {
    case 'send':
      return courier.send(command, signal);
    case 'edit':
      return courier.edit(command, signal);
    case 'delete':
      return courier.delete(command, signal);
    case 'react':
      return courier.react(command, signal);
  }
}

/** Ids go into paths, and the client's rate-limit code relies on their form. */
function checkIds(command: Command): void {
  const ids = [command.conversation, ...('message' in command ? [command.message] : [])];
  if (ids.every((id) => snowflake.safeParse(id).success)) return;
  throw new DeliveryError('This is not an id of Discord; check `channel` in bridges.yaml.', { kind: 'permanent', reason: 'not-found' });
}

function contextOf(command: Command, { mode, aborted }: { readonly mode: SenderDeps['mode']; readonly aborted: boolean }): FailureContext {
  const sending = 'View Channel, Send Messages, Send Messages in Threads';
  const permissions: Readonly<Record<Command['type'], string>> = {
    send: sending,
    edit: sending,
    delete: 'Manage Messages',
    react: 'Add Reactions, Read Message History',
  };
  const permission =
    mode === 'puppets' && command.type !== 'react' ? `Manage Webhooks, ${permissions[command.type]}` : permissions[command.type];
  // The nonce keeps a bot's own message from being posted twice, but only for minutes, so this one is a post too.
  return { effect: command.type === 'send' ? 'post' : 'repeatable', permission, aborted };
}

/** Everything in the bot's own name. */
class BotCourier {
  protected readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  async send(command: Of<'send'>, signal: AbortSignal): Promise<Receipt> {
    const nonce = `${command.delivery}-${command.step.toString(36)}`.slice(0, 25);
    const body = { content: renderBody(command.body), nonce, enforce_nonce: true, ...allowedMentions };
    return receiptOf(await this.api.call({ method: 'POST', path: `/channels/${command.conversation}/messages`, body }, signal));
  }

  async edit(command: Of<'edit'>, signal: AbortSignal): Promise<Receipt> {
    const path = `/channels/${command.conversation}/messages/${command.message}` as const;
    await this.api.call({ method: 'PATCH', path, body: { content: renderBody(command.body), ...allowedMentions } }, signal);
    return { message: command.message };
  }

  async delete(command: Of<'delete'>, signal: AbortSignal): Promise<Receipt> {
    const path = `/channels/${command.conversation}/messages/${command.message}` as const;
    try {
      await this.api.call({ method: 'DELETE', path }, signal);
    } catch (error) {
      // Somebody was faster: what was asked for is so.
      if (apiCode(error) !== '10008') throw error;
    }
    return { message: command.message };
  }

  async react(command: Of<'react'>, signal: AbortSignal): Promise<Receipt> {
    const path =
      `/channels/${command.conversation}/messages/${command.message}/reactions/${encodeURIComponent(command.emoji)}/@me` as const;
    await this.api.call({ method: command.on ? 'PUT' : 'DELETE', path }, signal);
    return { message: command.message };
  }
}

/** Each author with name and avatar, through one webhook per channel. */
class PuppetCourier extends BotCourier {
  readonly #webhooks: ReturnType<typeof createWebhooks>;

  constructor(api: Api, identity: Identity) {
    super(api);
    this.#webhooks = createWebhooks(api, identity.applicationId);
  }

  override async send(command: Of<'send'>, signal: AbortSignal): Promise<Receipt> {
    const { avatar } = command.author;
    const body = {
      content: renderBody(command.body),
      username: webhookName(command.label),
      ...(avatar?.startsWith('https://') === true && avatar.length <= 2048 ? { avatar_url: avatar } : {}),
      ...allowedMentions,
    };
    try {
      return await this.#execute(command, body, signal);
    } catch (error) {
      if (!isGoneWebhook(error)) throw error;
      // It was certainly not posted, so this is still one attempt. The next webhook is a new one.
      return this.#execute(command, body, signal);
    }
  }

  async #execute(command: Command, body: object, signal: AbortSignal): Promise<Receipt> {
    return this.#with(command, signal, async (puppeteer) => {
      const { id, token, thread } = puppeteer;
      const query = { wait: 'true', ...(thread === undefined ? {} : { thread_id: thread }) };
      const answer = await this.api.call({ method: 'POST', path: `/webhooks/${id}/${token}`, query, body, auth: false }, signal);
      return receiptOf(answer, { channel: command.conversation, guild: puppeteer.guild });
    });
  }

  override async edit(command: Of<'edit'>, signal: AbortSignal): Promise<Receipt> {
    const body = { content: renderBody(command.body), ...allowedMentions };
    try {
      return await this.#message(command, { method: 'PATCH', body }, signal);
    } catch (error) {
      // Sent in another mode, or through a webhook that is gone.
      return isNotThisWebhooks(error) ? super.edit(command, signal) : Promise.reject(error);
    }
  }

  override async delete(command: Of<'delete'>, signal: AbortSignal): Promise<Receipt> {
    try {
      return await this.#message(command, { method: 'DELETE' }, signal);
    } catch (error) {
      return isNotThisWebhooks(error) ? super.delete(command, signal) : Promise.reject(error);
    }
  }

  async #message(
    command: Of<'edit' | 'delete'>,
    call: { readonly method: 'PATCH' | 'DELETE'; readonly body?: object },
    signal: AbortSignal,
  ): Promise<Receipt> {
    return this.#with(command, signal, async ({ id, token, thread }) => {
      const query = thread === undefined ? {} : { query: { thread_id: thread } };
      await this.api.call({ ...call, path: `/webhooks/${id}/${token}/messages/${command.message}`, ...query, auth: false }, signal);
      return { message: command.message };
    });
  }

  async #puppeteer(command: Command, signal: AbortSignal): Promise<Puppeteer> {
    try {
      return await this.#webhooks.of(command.conversation, signal);
    } catch (error) {
      // Nothing was posted yet, whatever became of this request.
      throw toDeliveryError(error, { effect: 'repeatable', permission: 'View Channel, Manage Webhooks', aborted: signal.aborted });
    }
  }

  async #with<T>(command: Command, signal: AbortSignal, run: (puppeteer: Puppeteer) => Promise<T>): Promise<T> {
    const puppeteer = await this.#puppeteer(command, signal);
    try {
      return await run(puppeteer);
    } catch (error) {
      if (isGoneWebhook(error)) this.#webhooks.forget(puppeteer);
      throw error;
    }
  }
}

/** Unknown webhook, or one whose token was changed. */
const isGoneWebhook = (error: unknown): boolean => ['10015', '50027'].includes(apiCode(error) ?? '');
const isNotThisWebhooks = (error: unknown): boolean => isGoneWebhook(error) || apiCode(error) === '10008';

function receiptOf(answer: unknown, place?: { readonly channel: string; readonly guild: string | undefined }): Receipt {
  const result = created.safeParse(answer);
  if (!result.success) throw new DeliveryError('Discord took the message and did not tell its id.', { kind: 'ambiguous' });
  const message = messageId(result.data.id);
  return place?.guild === undefined
    ? { message }
    : { message, messageUrl: `https://discord.com/channels/${place.guild}/${place.channel}/${message}` };
}
