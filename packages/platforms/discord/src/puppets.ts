import { webhookName } from './names.ts';
import { BotCourier, type CourierDeps, type Of, type Place } from './courier.ts';
import { apiCode, toDeliveryError } from './failures.ts';
import { editBody, sendBody } from './outgoing.ts';
import type { Answer, Call } from './rest.ts';
import type { Target } from './targets.ts';
import type { Puppeteer, Webhooks } from './webhooks.ts';

/** Each author with name and avatar, through one webhook per channel. */
export class PuppetCourier extends BotCourier {
  readonly #webhooks: Webhooks;

  constructor(deps: CourierDeps, webhooks: Webhooks) {
    super(deps);
    this.#webhooks = webhooks;
  }

  protected override async post(command: Of<'send'>, target: Target, signal: AbortSignal): Promise<Answer> {
    const { avatar } = command.author;
    const who = {
      username: webhookName(command.label),
      ...(avatar !== undefined && /^https?:\/\//.test(avatar) && avatar.length <= 2048 ? { avatar_url: avatar } : {}),
    };
    const once = async (): Promise<Answer> =>
      // Made anew for each call: a form is read once.
      this.#with(target, signal, { method: 'POST', path: '', query: { wait: 'true' }, body: sendBody(command, who) });
    try {
      return await once();
    } catch (error) {
      if (!isGoneWebhook(error)) throw error;
      // It was certainly not posted, so this is still one attempt. The next webhook is a new one.
      return once();
    }
  }

  protected override async change(command: Of<'edit'>, place: Place, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#with(place, signal, { method: 'PATCH', path: `/messages/${place.message}`, body: editBody(command) });
    } catch (error) {
      // Sent in another mode, or through a webhook that is gone.
      return isNotThisWebhooks(error) ? super.change(command, place, signal) : Promise.reject(error);
    }
  }

  protected override async remove(place: Place, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#with(place, signal, { method: 'DELETE', path: `/messages/${place.message}` });
    } catch (error) {
      return isNotThisWebhooks(error) ? super.remove(place, signal) : Promise.reject(error);
    }
  }

  /** One call of the channel's webhook; `path` is below it. */
  async #with(target: Target, signal: AbortSignal, call: Omit<Call, 'path'> & { readonly path: string }): Promise<Answer> {
    const puppeteer = await this.#puppeteer(target, signal);
    const { id, token } = puppeteer;
    const query = { ...call.query, ...(target.thread === undefined ? {} : { thread_id: target.thread }) };
    try {
      return await this.api.exchange({ ...call, path: `/webhooks/${id}/${token}${call.path}`, query, auth: false }, signal);
    } catch (error) {
      if (isGoneWebhook(error)) this.#webhooks.forget(puppeteer);
      throw error;
    }
  }

  async #puppeteer({ base }: Target, signal: AbortSignal): Promise<Puppeteer> {
    try {
      return await this.#webhooks.of(base, signal);
    } catch (error) {
      throw beforehand(error, { permission: 'View Channel, Manage Webhooks', signal });
    }
  }
}

/** Nothing was posted yet, whatever became of this request. */
const beforehand = (error: unknown, { permission, signal }: { readonly permission: string; readonly signal: AbortSignal }) =>
  toDeliveryError(error, { effect: 'repeatable', permission, aborted: signal.aborted });

/** Unknown webhook, or one whose token was changed. */
const isGoneWebhook = (error: unknown): boolean => ['10015', '50027'].includes(apiCode(error) ?? '');
const isNotThisWebhooks = (error: unknown): boolean => isGoneWebhook(error) || apiCode(error) === '10008';
