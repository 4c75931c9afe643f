import type { BridgeOptions } from './bridge.ts';
import { isUnwanted } from './kinds.ts';
import type { Author, BridgeEvent } from './message.ts';
import { isBlank } from './plain-text.ts';

/** Finds something in a text; made from a pattern by a linear-time engine, so that no message can make it hang. */
export type Pattern = (text: string) => boolean;

/** Why a room's options do not let an event through. */
export type RefusalReason =
  | 'edits-off'
  | 'deletes-off'
  | 'reactions-off'
  | 'joins-off'
  | 'notices-off'
  | 'ignored-bot'
  | 'ignored-user'
  | 'ignored-message'
  | 'ignored-kind'
  | 'empty';

/** What a room carries at all, whichever way. */
export function notCarried(event: BridgeEvent, options: BridgeOptions): RefusalReason | undefined {
  switch (event.type) {
    case 'message.edited':
      return options.edits ? undefined : 'edits-off';
    case 'message.deleted':
      return options.deletes ? undefined : 'deletes-off';
    case 'reaction.added':
    case 'reaction.removed':
      return options.reactions ? undefined : 'reactions-off';
    case 'message.created':
      if (event.notice === 'membership' && !options.joins) return 'joins-off';
      return event.notice === 'event' && !options.notices ? 'notices-off' : undefined;
  }
}

const saysSomething = (event: BridgeEvent): boolean => event.type === 'message.created' || event.type === 'message.edited';

/** Whether a room does not bring in what this person writes. */
export function isIgnored(author: Pick<Author, 'id' | 'name' | 'displayName'>, { ignoreUsers }: BridgeOptions): boolean {
  if (ignoreUsers.length === 0) return false;
  const names = new Set([author.id, author.name, author.displayName].map((name) => name.toLowerCase()));
  return ignoreUsers.some((name) => names.has(name.toLowerCase().replace(/^@/, '')));
}

/** What a room does not bring into the bridge. */
export function notBrought(event: BridgeEvent, options: BridgeOptions, patterns: readonly Pattern[]): RefusalReason | undefined {
  const { author, content } = event;
  if (options.ignoreBots && author.isBot) return 'ignored-bot';
  if (isIgnored(author, options)) return 'ignored-user';
  if (saysSomething(event) && isUnwanted(content.kinds, options.ignoreKinds)) return 'ignored-kind';
  if (saysSomething(event) && patterns.some((find) => find(content.text))) return 'ignored-message';
  return undefined;
}

/** The event as a room's options let it through. */
export function applyOptions(event: BridgeEvent, options: Pick<BridgeOptions, 'attachments' | 'threads'>): BridgeEvent {
  const { thread, ...unthreaded } = event;
  const kept = options.threads || thread === undefined ? event : unthreaded;
  if (options.attachments || kept.content.attachments.length === 0) return kept;
  return { ...kept, content: { ...kept.content, attachments: [] } };
}

/** Whether nothing is left of a new message. */
export const isEmpty = (event: BridgeEvent): boolean =>
  event.type === 'message.created' && event.content.attachments.length === 0 && isBlank(event.content.body);
