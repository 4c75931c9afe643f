import { z } from 'zod';
import type { ConversationId } from '@bridge/core';
import { snowflake } from './payload.ts';
import type { Api } from './rest.ts';

/** The one webhook of a channel that carries all puppets. */
export interface Puppeteer {
  readonly id: string;
  readonly token: string;
  /** The channel that it belongs to; a thread's is its parent's. */
  readonly parent: string;
  readonly thread: string | undefined;
  readonly guild: string | undefined;
}

/** The webhooks of all conversations, remembered in this process. */
export interface Webhooks {
  /** Finds or makes the webhook of a conversation; from memory when it is known. */
  of(conversation: ConversationId, signal: AbortSignal): Promise<Puppeteer>;
  /** After an answer that it does not exist: Discord counts further calls of it as abuse. */
  forget(puppeteer: Puppeteer): void;
}

/** By this name, and our application's id, the webhook is found again. */
export const webhookTitle = 'CometChat Integrations bridge';
const threadTypes: ReadonlySet<number> = new Set([10, 11, 12]);

const channelSchema = z.object({
  id: snowflake,
  type: z.number().catch(0),
  parent_id: snowflake.nullish().catch(undefined),
  guild_id: snowflake.nullish().catch(undefined),
});
type Channel = z.infer<typeof channelSchema>;
const webhookSchema = z.object({ id: snowflake, token: z.string(), name: z.string().nullish(), application_id: z.string().nullish() });
type Hook = Pick<z.infer<typeof webhookSchema>, 'id' | 'token'>;

/** `applicationId` undefined takes any webhook of our name that shows us its token. */
export function createWebhooks(api: Api, applicationId: string | undefined): Webhooks {
  const channels = new Map<string, Promise<Channel>>();
  const hooks = new Map<string, Promise<Hook>>();

  const findHook = async (parent: string, signal: AbortSignal): Promise<Hook> => {
    const path = `/channels/${parent}/webhooks` as const;
    const listed = z
      .array(z.unknown())
      .catch([])
      .parse(await api.call({ method: 'GET', path }, signal));
    const ours = listed
      .flatMap((one) => webhookSchema.safeParse(one).data ?? [])
      .filter((hook) => hook.name === webhookTitle && isOurs(hook.application_id, applicationId));
    // The oldest, so that processes which each made one agree.
    const [first] = ours.toSorted((one, two) => (BigInt(one.id) < BigInt(two.id) ? -1 : 1));
    return first ?? webhookSchema.parse(await api.call({ method: 'POST', path, body: { name: webhookTitle } }, signal));
  };

  return {
    of: async (conversation, signal) => {
      const channel = await remember(channels, conversation, async () =>
        channelSchema.parse(await api.call({ method: 'GET', path: `/channels/${conversation}` }, signal)),
      );
      const thread = threadTypes.has(channel.type) && channel.parent_id ? channel.id : undefined;
      const parent = thread === undefined ? channel.id : (channel.parent_id ?? channel.id);
      const hook = await remember(hooks, parent, async () => findHook(parent, signal));
      return { id: hook.id, token: hook.token, parent, thread, guild: channel.guild_id ?? undefined };
    },
    forget: ({ parent }) => void hooks.delete(parent),
  };
}

/** A webhook's token is only shown to the application that made it. */
const isOurs = (owner: string | null | undefined, applicationId: string | undefined): boolean =>
  applicationId === undefined || owner === applicationId;

/** One request for all who ask at once; a failure is not remembered. */
async function remember<T>(known: Map<string, Promise<T>>, key: string, find: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = find();
  known.set(key, found);
  try {
    return await found;
  } catch (error) {
    known.delete(key);
    throw error;
  }
}
