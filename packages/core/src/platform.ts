import type { z } from 'zod';
import type { Capabilities } from './capabilities.ts';
import type { ConversationId, DeliveryId, MessageId, PlatformId } from './ids.ts';
import type { Author, BridgeEvent } from './message.ts';
import type { Body } from './rich-text.ts';

/**
 * One environment variable of a platform. Data: from it come parsing, `.env.example`, docs/configuration.md,
 * `bridge check`'s messages and the list of secrets to scrub.
 */
export interface Setting<T = unknown> {
  readonly env: `${Uppercase<string>}`;
  readonly schema: z.ZodType<T>;
  readonly secret?: boolean;
  /** Needed to run the platform; a string names the condition in words and `when` decides by the raw values. */
  readonly required?: boolean | { readonly unless: { readonly env: string; readonly value: string } };
  /** As one would write it in `.env`. */
  readonly default?: string;
  readonly describe: string;
  /** Where a person finds the value, click by click. */
  readonly where?: string;
  /** Accepted so that an old `.env` keeps working, but without effect: why, and what is used instead, for `bridge check`. */
  readonly unused?: string;
}
export type Settings = Readonly<Record<string, Setting>>;
export type SettingsOf<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** What accept reads from a platform's event: enough to keep order and to recognise a second copy, no more. */
export interface RawEvent {
  /** Unique per event of this platform; the queue prefixes it with the platform. */
  readonly eventKey: string;
  readonly conversation: ConversationId;
  /** JSON, as the platform sent it. */
  readonly raw: z.core.util.JSONType;
}

export interface RawRequest {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}
export type Verified = { readonly ok: true } | { readonly ok: false; readonly status: 401 | 403; readonly reason: string };
export type Received =
  /** `reply` is sent as JSON with the 200, where a platform expects one. */
  | { readonly ok: true; readonly events: readonly RawEvent[]; readonly reply?: z.core.util.JSONType }
  /** Authentic but not understood, or not for us: answered 200, counted under `reason` (a short constant). */
  | { readonly ok: false; readonly reason: string; readonly reply?: z.core.util.JSONType };

export interface WebhookSource {
  readonly path: `/${string}`;
  /** Constant-time, on the raw bytes, before anything is parsed. */
  verify(request: RawRequest): Verified;
  /** Thin and total: never throws, whatever the JSON. */
  receive(json: unknown): Received;
}

export type SourceStatus =
  | { readonly state: 'connecting' | 'connected' | 'disconnected'; readonly detail?: string; readonly guilds?: number }
  /** Needs a person: a wrong token, a missing intent. `detail` says the fix. */
  | { readonly state: 'failed'; readonly detail: string };

export interface StreamContext {
  /** Resolves once Redis holds the event; rejects when it does not, and then the event must be offered again. */
  emit(event: RawEvent): Promise<void>;
  readonly checkpoint: { load(): Promise<string | undefined>; save(value: string): Promise<void> };
  status(status: SourceStatus): void;
  /** Aborted to stop: close so that the session can be resumed, then return. */
  readonly signal: AbortSignal;
}

/** A connection that we hold open or poll: Discord's gateway, Telegram's getUpdates. At most one runs per platform. */
export interface StreamSource {
  /** Runs until `signal` aborts; reconnects by itself; resolves when all is closed. */
  run(context: StreamContext): Promise<void>;
}

export type Parsed =
  | { readonly kind: 'events'; readonly events: readonly BridgeEvent[] }
  /** Something this bridge sent. */
  | { readonly kind: 'own' }
  /** Nothing to carry; `reason` is a short constant for counting, such as `link-unfurl`. */
  | { readonly kind: 'dropped'; readonly reason: string };

interface CommandBase {
  readonly delivery: DeliveryId;
  /** 0-based step of the delivery; a message split into three is three steps. With `delivery` it names one effect for good. */
  readonly step: number;
  readonly conversation: ConversationId;
  /** An earlier attempt at this very step began and its outcome was never recorded. */
  readonly ambiguous: boolean;
}
/** One effect on a platform: at most one message is sent, changed or removed by one command. */
export type Command =
  | (CommandBase & {
      readonly type: 'send';
      readonly author: Author;
      readonly origin: PlatformId /** The name to show, such as `Ana (CometChat)`. */;
      readonly label: string;
      readonly body: Body;
    })
  | (CommandBase & {
      readonly type: 'edit';
      readonly message: MessageId;
      readonly author: Author;
      readonly origin: PlatformId;
      readonly label: string;
      readonly body: Body;
    })
  | (CommandBase & { readonly type: 'delete'; readonly message: MessageId })
  | (CommandBase & {
      readonly type: 'react';
      readonly message: MessageId;
      readonly author: Author;
      readonly origin: PlatformId;
      readonly emoji: string;
      readonly on: boolean;
    });

export interface Receipt {
  /** The message sent, or the one changed. */
  readonly message: MessageId;
  readonly messageUrl?: string;
}

export interface Sender {
  /**
   * Carries out one command with at most one attempt: the queue owns retries.
   * @throws {DeliveryError} and nothing else.
   */
  deliver(command: Command, signal: AbortSignal): Promise<Receipt>;
  /** Length of the body as this platform counts it, in the unit of `capabilities.text`; pure. */
  measure(body: Body): number;
  /** Whether a message here shows the author's own name; if not, the core puts `label` into the body. */
  impersonates(conversation: ConversationId): boolean;
  close(): Promise<void>;
}

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface PlatformDeps {
  readonly log: Log;
  /** False where ENABLE_AUTH=false: webhooks are then taken unsigned. */
  readonly requireAuth: boolean;
}

/** A platform that is configured, as one process uses it. Making one opens no connection. */
export interface PlatformInstance {
  readonly webhook?: WebhookSource;
  readonly stream?: StreamSource;
  readonly sender: Sender;
  /** Pure and total: never throws, whatever `raw` is. */
  parse(event: RawEvent): Parsed;
  /** Called once by `start` when PUBLIC_URL is set: registers the webhook where the platform lets a bot do so. */
  register?(publicUrl: URL, signal: AbortSignal): Promise<void>;
}

/** The whole contract that a folder under packages/platforms meets, by exporting one of these as `platform`. */
export interface Platform<S extends Settings = Settings, M = unknown> {
  readonly id: PlatformId;
  readonly displayName: string;
  readonly settings: S;
  /** A member's own fields in bridges.yaml, without `platform` and `direction`; strict. */
  readonly member: z.ZodType<M>;
  /** A member as one would write it, for bridges.example.yaml. */
  readonly memberExample: string;
  conversationOf(member: M): ConversationId;
  readonly capabilities: Capabilities;
  create(settings: SettingsOf<S>, deps: PlatformDeps): PlatformInstance;
}

/** Infers a platform's settings and member types, and freezes it. */
export const definePlatform = <const S extends Settings, M>(platform: Platform<S, M>): Platform<S, M> => Object.freeze(platform);
