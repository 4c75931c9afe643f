import { DeliveryError, type ConversationId } from '@bridge/core';
import { z } from 'zod';
import { snowflake } from './payload.ts';
import type { Api } from './rest.ts';

/** A channel or thread, as far as sending goes. */
export interface Room {
  readonly id: string;
  /** The channel that a thread hangs on. */
  readonly parent: string | undefined;
  readonly guild: string | undefined;
}

/** Channels and threads, remembered in this process: what is kept of them never changes. */
export interface Rooms {
  /** From memory when it is known. */
  of(id: string, signal: AbortSignal): Promise<Room>;
  /** Only from memory. */
  known(id: string): Room | undefined;
}

const threadTypes: ReadonlySet<number> = new Set([10, 11, 12]);
const channelSchema = z.object({
  id: snowflake,
  type: z.number().catch(0),
  parent_id: snowflake.nullish().catch(undefined),
  guild_id: snowflake.nullish().catch(undefined),
});

/** Nothing known yet. */
export function createRooms(api: Api): Rooms {
  const asked = new Map<string, Promise<Room>>();
  const known = new Map<string, Room>();
  const ask = async (id: string, signal: AbortSignal): Promise<Room> => {
    const { data } = channelSchema.safeParse(await api.call({ method: 'GET', path: `/channels/${id}` }, signal));
    if (data === undefined) throw new DeliveryError('Discord did not say what the channel is; it is asked again.', { kind: 'transient' });
    const room = {
      id: data.id,
      // A channel's parent is its category, which is nothing to send to.
      parent: threadTypes.has(data.type) ? (data.parent_id ?? undefined) : undefined,
      guild: data.guild_id ?? undefined,
    };
    known.set(id, room);
    return room;
  };
  return {
    of: async (id, signal) => remember(asked, id, async () => ask(id, signal)),
    known: (id) => known.get(id),
  };
}

/** One request for all who ask at once; a failure is not remembered. */
export async function remember<T>(known: Map<string, Promise<T>>, key: string, find: () => Promise<T>): Promise<T> {
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

/** Where a message is, as this platform's message ids say it: `id`, or `thread/id` for one inside a thread. */
export interface MessagePlace {
  readonly thread: string | undefined;
  readonly id: string;
}

const placeSchema = /^(?:(\d{1,20})\/)?(\d{1,20})$/;

/** The parts of a message id; undefined for what is none of this platform's. */
export function readMessageId(message: string): MessagePlace | undefined {
  const [, thread, id] = placeSchema.exec(message) ?? [];
  return id === undefined ? undefined : { thread, id };
}

/** A message's id as it leaves this platform; unique within the channel that the thread hangs on. */
export const writeMessageId = ({ thread, id }: MessagePlace): string => (thread === undefined ? id : `${thread}/${id}`);

/** Its place in Discord's apps. */
export const linkOf = (guild: string | undefined, channel: ConversationId | string, message: string): string =>
  `https://discord.com/channels/${guild ?? '@me'}/${channel}/${message}`;
