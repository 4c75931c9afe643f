import type { ConversationRef } from '@bridge/core';
import type { RoleContext } from '@bridge/runtime';

/** Longer than this it would show what is over. */
const longestMs = 5_000;

/**
 * Shows on the platforms that this process serves that somebody writes elsewhere, until the function that it returns is called.
 * Beside the queue, at most once in five seconds and conversation; what fails is not tried again.
 */
export function showTyping(context: RoleContext): () => void {
  const able = [...context.platforms.values()].some(({ instance }) => instance.sender.showTyping !== undefined);
  if (!able) return () => undefined;
  const stopping = new AbortController();
  const deafen = context.typing.listen((target) => void show(context, target, stopping.signal));
  return () => {
    deafen();
    stopping.abort();
  };
}

async function show({ platforms, typing, moves, log }: RoleContext, target: ConversationRef, stopping: AbortSignal): Promise<void> {
  const sender = platforms.get(target.platform)?.instance.sender;
  if (sender?.showTyping === undefined) return;
  try {
    if (!(await typing.claim(target))) return;
    const conversation = (await moves.all()).now(target);
    await sender.showTyping(conversation, AbortSignal.any([stopping, AbortSignal.timeout(longestMs)]));
  } catch (error) {
    log.debug({ platform: target.platform, err: error }, 'that somebody writes could not be shown');
  }
}
