import type { FloodLimits } from './flood.ts';
import type { StoredMessage } from './model.ts';
import type { Params } from './params.ts';
import type { UpdateQueue } from './updates.ts';
import type { Webhook, WebhookConfig } from './webhook.ts';
import type { World } from './world.ts';

/** What a method may use. */
export interface MethodContext {
  readonly world: World;
  readonly queue: UpdateQueue;
  /** Undefined unless limits are on. */
  readonly flood: FloodLimits | undefined;
  /** Privacy mode, as it is now. */
  readonly privacy: { readonly on: boolean };
  readonly timeScale: number;
  /** Tells who watches the rooms. */
  changed(kind: 'posted' | 'edited' | 'deleted', message: StoredMessage): void;
  readonly webhook: Webhook | undefined;
  setWebhook(config: WebhookConfig | undefined): void;
}

/** What goes into `result`, and sometimes a `description` beside it. */
export interface MethodResult {
  readonly result: unknown;
  readonly description?: string;
}

/** A method of the Bot API. @throws {ApiError} */
export type Method = (params: Params, context: MethodContext) => MethodResult | Promise<MethodResult>;
/** For methods that only say that they were carried out. */
export const done: MethodResult = { result: true };
