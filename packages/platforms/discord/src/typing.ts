import { type Typing, conversationId, userId } from '@bridge/core';
import type { Identity } from './config.ts';
import type { Directory } from './directory.ts';
import { typingSchema } from './payload.ts';

/**
 * A person who writes, of a TYPING_START, in the channel that a thread hangs on. Programs are left out: two bridges in one room
 * would show each other's signs for ever. Source: Gateway events, "Typing Start".
 */
export function typingIn(
  d: unknown,
  { identity, directory }: { readonly identity: Identity; readonly directory: Directory },
): Typing | undefined {
  const { data } = typingSchema.safeParse(d);
  const user = data?.member.user;
  if (data === undefined || user === undefined || user.bot === true || identity.own.has(data.user_id)) return undefined;
  const name = user.username ?? user.id;
  return {
    conversation: conversationId(directory.channel(data.channel_id)?.parent ?? data.channel_id),
    author: { id: userId(data.user_id), name, displayName: data.member.nick ?? user.global_name ?? name },
  };
}
