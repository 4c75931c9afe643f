import { DeliveryError } from '@bridge/core';
import { z } from 'zod';
import { snowflake } from './payload.ts';
import type { Api } from './rest.ts';
import { remember } from './rooms.ts';

/** The one webhook of a channel that carries all puppets. */
export interface Puppeteer {
  readonly id: string;
  readonly token: string;
  readonly channel: string;
}

/** The webhooks of all channels, remembered in this process. */
export interface Webhooks {
  /** Finds or makes the webhook of a channel, which is no thread; from memory when it is known. */
  of(channel: string, signal: AbortSignal): Promise<Puppeteer>;
  /** After an answer that it does not exist: Discord counts further calls of it as abuse. */
  forget(puppeteer: Puppeteer): void;
}

/** By this name, and our application's id, the webhook is found again. */
export const webhookTitle = 'CometChat Integrations bridge';

const webhookSchema = z.object({ id: snowflake, token: z.string(), name: z.string().nullish(), application_id: z.string().nullish() });

/** `applicationId` undefined takes any webhook of our name that shows us its token. */
export function createWebhooks(api: Api, applicationId: string | undefined): Webhooks {
  const hooks = new Map<string, Promise<Puppeteer>>();
  const find = async (channel: string, signal: AbortSignal): Promise<Puppeteer> => {
    const path = `/channels/${channel}/webhooks` as const;
    const [first] = oursOf(await api.call({ method: 'GET', path }, signal), applicationId);
    const made = first ?? webhookSchema.safeParse(await api.call({ method: 'POST', path, body: { name: webhookTitle } }, signal)).data;
    if (made === undefined)
      throw new DeliveryError('Discord did not tell the webhook that it made; it is asked again.', { kind: 'transient' });
    return { id: made.id, token: made.token, channel };
  };
  return {
    of: async (channel, signal) => remember(hooks, channel, async () => find(channel, signal)),
    forget: ({ channel }) => void hooks.delete(channel),
  };
}

/** The bridge's webhooks among those of a channel; the oldest first, so that processes which each made one agree. */
export function oursOf(listed: unknown, applicationId: string | undefined): readonly z.infer<typeof webhookSchema>[] {
  return z
    .array(z.unknown())
    .catch([])
    .parse(listed)
    .flatMap((one) => webhookSchema.safeParse(one).data ?? [])
    .filter((hook) => hook.name === webhookTitle && isOurs(hook.application_id, applicationId))
    .toSorted((one, two) => (BigInt(one.id) < BigInt(two.id) ? -1 : 1));
}

/** A webhook's token is only shown to the application that made it. */
const isOurs = (owner: string | null | undefined, applicationId: string | undefined): boolean =>
  applicationId === undefined || owner === applicationId;
