/**
 * Opaque, branded ids. Only the platform that minted an id may parse it; everybody else passes it on.
 */
type Brand<T, B extends string> = T & { readonly __brand: B };

/** A platform's folder name: `cometchat`, `discord`, `telegram`. */
export type PlatformId = Brand<string, 'PlatformId'>;
/** A room as one platform addresses it: a group, channel, thread, chat or topic. */
export type ConversationId = Brand<string, 'ConversationId'>;
/** A message as one platform addresses it, unique within its conversation. */
export type MessageId = Brand<string, 'MessageId'>;
/** A person or bot on one platform. */
export type UserId = Brand<string, 'UserId'>;
/** One event for one target. Stable across retries; at most 20 characters of `[a-z0-9]`, so it fits a nonce and a job id. */
export type DeliveryId = Brand<string, 'DeliveryId'>;

export const platformId = (value: string): PlatformId => value as PlatformId;
export const conversationId = (value: string): ConversationId => value as ConversationId;
export const messageId = (value: string): MessageId => value as MessageId;
export const userId = (value: string): UserId => value as UserId;

/** A conversation of a platform: where a bridge's member lives and what order is kept within. */
export interface ConversationRef {
  readonly platform: PlatformId;
  readonly conversation: ConversationId;
}

/** One message of a conversation. */
export interface MessageRef extends ConversationRef {
  readonly message: MessageId;
}
