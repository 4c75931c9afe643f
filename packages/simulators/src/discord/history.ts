import type { MessageState } from './model.ts';

/** Which messages of a channel are asked for. */
export interface HistoryQuery {
  readonly limit: number;
  readonly anchor?: 'before' | 'after' | 'around';
  readonly key?: bigint;
}

/** Messages that are not deleted, newest first, as Get Channel Messages gives them: `after` means the first ones after the anchor. */
export function history(messages: readonly MessageState[], query: HistoryQuery): readonly MessageState[] {
  const { limit, anchor, key } = query;
  if (anchor === undefined || key === undefined) return older(messages, messages.length - 1, limit);
  const at = firstFrom(messages, key);
  if (anchor === 'before') return older(messages, at - 1, limit);
  if (anchor === 'after') return newer(messages, messages[at]?.key === key ? at + 1 : at, limit).reverse();
  const before = older(messages, at - 1, Math.floor(limit / 2));
  return [...newer(messages, at, limit - before.length).reverse(), ...before];
}

/** Index of the first message whose id is `key` or greater. */
function firstFrom(messages: readonly MessageState[], key: bigint): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle]?.key ?? 0n) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function older(messages: readonly MessageState[], from: number, limit: number): MessageState[] {
  const found: MessageState[] = [];
  for (let index = from; index >= 0 && found.length < limit; index -= 1) {
    const message = messages[index];
    if (message !== undefined && !message.deleted) found.push(message);
  }
  return found;
}

function newer(messages: readonly MessageState[], from: number, limit: number): MessageState[] {
  const found: MessageState[] = [];
  for (let index = from; index < messages.length && found.length < limit; index += 1) {
    const message = messages[index];
    if (message !== undefined && !message.deleted) found.push(message);
  }
  return found;
}
