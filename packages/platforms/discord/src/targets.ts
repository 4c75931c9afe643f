import { DeliveryError } from '@bridge/core';
import type { Command } from '@bridge/core';
import { readMessageId, type Room, type Rooms } from './rooms.ts';
import type { Threads } from './threads.ts';

/** Where a message goes or is. */
export interface Target {
  /** Its channel, or thread, as the API is asked for it. */
  readonly channel: string;
  readonly thread: string | undefined;
  /** The channel that webhooks belong to and limits are counted for. */
  readonly base: string;
  readonly guild: string | undefined;
}

/** The addresses that commands mean. */
export interface Targets {
  /** Where a message is to be sent; makes the thread that it is to be in. */
  forSend(command: Extract<Command, { readonly type: 'send' }>, signal: AbortSignal): Promise<Target>;
  /** Where a message is, and its id there. */
  ofMessage(command: Exclude<Command, { readonly type: 'send' }>, signal: AbortSignal): Promise<Target & { readonly message: string }>;
}

/** Asks Discord for what is not known yet. */
export function createTargets(rooms: Rooms, threads: Threads): Targets {
  return {
    forSend: async ({ conversation, thread, label }, signal) => {
      const room = await rooms.of(conversation, signal);
      const root = thread === undefined ? undefined : readMessageId(thread);
      // There are no threads within threads.
      if (room.parent !== undefined || root === undefined) return targetIn(room, undefined);
      return targetIn(room, root.thread ?? (await threads.of({ channel: room.id, root: root.id, label }, signal)));
    },
    ofMessage: async ({ conversation, message }, signal) => {
      const room = await rooms.of(conversation, signal);
      const place = readMessageId(message);
      if (place === undefined) throw notOurs();
      return { ...targetIn(room, place.thread), message: place.id };
    },
  };
}

function targetIn({ id, parent, guild }: Room, thread: string | undefined): Target {
  const inside = thread ?? (parent === undefined ? undefined : id);
  return { channel: inside ?? id, thread: inside, base: parent ?? id, guild };
}

/** For an id that Discord did not make. */
export const notOurs = (): DeliveryError =>
  new DeliveryError('This is not an id of Discord; check `channel` in bridges.yaml.', { kind: 'permanent', reason: 'not-found' });
