import type { z } from 'zod';
import type { Capabilities, FileLimits, RateLimit } from './capabilities.ts';
import type { ConversationId, DeliveryId, MessageId, PlatformId } from './ids.ts';
import type { ByteRange, MediaStream, OutgoingFile } from './media.ts';
import type { Author, BridgeEvent } from './message.ts';
import type { Finding, SetupStep } from './doctor.ts';
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
  /**
   * Constant-time, on the raw bytes, before anything is parsed. Asked with an empty body first where the caller was refused
   * often: what headers alone prove then gets in.
   */
  verify(request: RawRequest): Verified;
  /** Thin and total: never throws, whatever the JSON. */
  receive(json: unknown): Received;
}

export type SourceStatus =
  | { readonly state: 'connecting' | 'connected' | 'disconnected'; readonly detail?: string; readonly guilds?: number }
  /** Needs a person: a wrong token, a missing intent. `detail` says the fix. */
  | { readonly state: 'failed'; readonly detail: string };

/** Somebody writes just now. */
export interface Typing {
  readonly conversation: ConversationId;
  readonly author: Pick<Author, 'id' | 'name' | 'displayName'>;
}

export interface StreamContext {
  /** Resolves once Redis holds the event; rejects when it does not, and then the event must be offered again. */
  emit(event: RawEvent): Promise<void>;
  /** Tells that a person, and no program, writes. Never throws; nothing is kept of it, and it may be lost. */
  typing?(typing: Typing): void;
  /** Tells of an event that carries nothing for a bridge, or is not understood, under a short constant. Never throws. */
  ignored?(reason: string): void;
  readonly checkpoint: { load(): Promise<string | undefined>; save(value: string): Promise<void> };
  status(status: SourceStatus): void;
  /** The bridged conversations of this platform now; the same array as long as they are the same. None are known where absent. */
  conversations?(): readonly ConversationId[];
  /** Aborted to stop: close so that the session can be resumed, then return. */
  readonly signal: AbortSignal;
}

/** A connection that we hold open or poll: Discord's gateway, Telegram's getUpdates. At most one runs per platform. */
export interface StreamSource {
  /** Runs until `signal` aborts; reconnects by itself; resolves when all is closed. */
  run(context: StreamContext): Promise<void>;
}

/** What one round of catching up works with. */
export interface CatchUpContext extends Pick<StreamContext, 'checkpoint' | 'signal'> {
  /** The bridged conversations of this platform that messages come in from. */
  readonly conversations: readonly ConversationId[];
  /**
   * Resolves once Redis holds the event, or had it before: what came by webhook too is taken once. `at` is when it happened,
   * Unix milliseconds. Rejects when Redis does not take it.
   */
  emit(event: RawEvent, at: number): Promise<void>;
}

/** Looks for what a webhook did not bring: while the bridge was down, or the way to it was. At most one runs per platform. */
export interface CatchUp {
  /** From the end of one round to the next, milliseconds. */
  readonly everyMs: number;
  /** One look at everything that is new since the last. @throws when it is to be tried again. */
  round(context: CatchUpContext): Promise<void>;
}

export type Parsed =
  | { readonly kind: 'events'; readonly events: readonly BridgeEvent[] }
  /**
   * Everybody's reactions to a message were taken away, or those with the event's emoji where it has one, and nothing tells whose
   * they were: the bridge's records do.
   */
  | { readonly kind: 'cleared'; readonly event: Extract<BridgeEvent, { type: 'reaction.removed' }> }
  /** Something this bridge sent. */
  | { readonly kind: 'own' }
  /** Nothing to carry; `reason` is a short constant for counting, such as `link-unfurl`. */
  | { readonly kind: 'dropped'; readonly reason: string }
  /** The conversation goes on under another id (Telegram: a group became a supergroup). */
  | { readonly kind: 'moved'; readonly from: ConversationId; readonly to: ConversationId };

interface CommandBase {
  readonly delivery: DeliveryId;
  /** 0-based step of the delivery; a message split into three is three steps. With `delivery` it names one effect for good. */
  readonly step: number;
  readonly conversation: ConversationId;
  /** An earlier attempt at this very step began and its outcome was never recorded. */
  readonly ambiguous: boolean;
  /** Unix milliseconds: when the first attempt at this delivery began; what it may have sent is not older. */
  readonly begunAt?: number;
}
/** One effect on a platform: at most one message is sent, changed or removed by one command. */
export type Command =
  | (CommandBase & {
      readonly type: 'send';
      readonly author: Author;
      readonly origin: PlatformId;
      /** The name to show, such as `Ana (CometChat)`. */
      readonly label: string;
      /** May be empty where there are files. */
      readonly body: Body;
      /** All go into this one message. */
      readonly files: readonly OutgoingFile[];
      /** The message of this conversation that it replies to; only where `replies` says that this can be shown. */
      readonly replyTo?: MessageId;
      /** The message of this conversation whose thread it goes into. */
      readonly thread?: MessageId;
      /** False where links in it shall show no preview. */
      readonly linkPreviews?: boolean;
    })
  | (CommandBase & {
      readonly type: 'edit';
      readonly message: MessageId;
      /** `caption`: the text stands beside files, which stay. */
      readonly shows: 'text' | 'caption';
      readonly linkPreviews?: boolean;
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
  /** Further messages that one send became: the parts of an album. */
  readonly also?: readonly MessageId[];
  readonly messageUrl?: string;
  /** What the platform said is used up now: nothing more is sent under this key of `limits` for so long. */
  readonly exhausted?: { readonly key: string; readonly forMs: number };
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
  /** Whose reactions can stand on a message here; where absent, `capabilities.reactionsBy` says it for all conversations. */
  reactionsBy?(conversation: ConversationId): Capabilities['reactionsBy'];
  /** Whether a message here can be a reply by itself; where absent, `capabilities.reply` says it for all conversations. */
  replies?(conversation: ConversationId): boolean;
  /**
   * How large files may be here, where that is not as `capabilities.files` says. Asked only for files beyond it. The answer for a
   * conversation changes rarely, so that a delivery that was interrupted is planned again as it was.
   * @throws {DeliveryError} where it cannot be told now.
   */
  fileLimits?(conversation: ConversationId, signal: AbortSignal): Promise<FileLimits>;
  /** The rates to keep to before a call is made for this conversation; none where absent. */
  limits?(conversation: ConversationId): readonly RateLimit[];
  /** A link to a message, for quotes; pure. */
  linkTo?(conversation: ConversationId, message: MessageId): string | undefined;
  /** Shows for some seconds that somebody writes there, where the platform lets a bot do so. @throws whatever it likes: nobody tries again. */
  showTyping?(conversation: ConversationId, signal: AbortSignal): Promise<void>;
  /** False where the operator would rather have a dead letter than risk a second copy of a send whose answer was lost. */
  readonly retryAmbiguous?: boolean;
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
  /** Downloads from an address that somebody else chose, with private addresses refused. */
  readonly openUrl: OpenUrl;
}

/**
 * Opens a URL of unknown origin: no private address unless ALLOW_PRIVATE_MEDIA_HOSTS names it, a time limit, and the answer
 * as a stream.
 * @throws {MediaError} and nothing else; neither the URL nor a header is in it.
 */
export type OpenUrl = (
  url: URL,
  options: {
    readonly signal: AbortSignal;
    readonly headers?: Readonly<Record<string, string>>;
    /** First and last byte wanted. */
    readonly range?: ByteRange;
    /** Addresses of the platform itself, as its settings have them, need no guard. */
    readonly trusted?: boolean;
  },
) => Promise<MediaStream>;

/** A platform that is configured, as one process uses it. Making one opens no connection. */
export interface PlatformInstance {
  readonly webhook?: WebhookSource;
  readonly stream?: StreamSource;
  /** Beside a webhook, where the platform does not deliver again for long enough what could not be delivered. */
  readonly catchUp?: CatchUp;
  readonly sender: Sender;
  /** Pure and total: never throws, whatever `raw` is. */
  parse(event: RawEvent): Parsed;
  /** Called once by `start` when PUBLIC_URL is set: registers the webhook where the platform lets a bot do so. */
  register?(publicUrl: URL, signal: AbortSignal): Promise<void>;
  /**
   * Opens a file or avatar that an event of this platform named, by its `handle`. May be asked long after, and more than once.
   * @throws {MediaError} and nothing else.
   */
  openMedia?(handle: string, options: { readonly signal: AbortSignal; readonly range?: ByteRange }): Promise<MediaStream>;
  /** Looks at the platform as it is now: credential, rights, registration. Total: what it cannot find out is a finding. */
  doctor?(look: DoctorLook): AsyncIterable<Finding>;
  /** Does on the platform what a bot may do by itself, and says what a person has to do. */
  setup?(look: DoctorLook): AsyncIterable<SetupStep>;
}

/** What a look at a platform goes by. */
export interface DoctorLook {
  readonly publicUrl?: URL;
  /** The bridged conversations of this platform. */
  readonly conversations: readonly ConversationId[];
  readonly signal: AbortSignal;
  /** Unix milliseconds: when the platform's last event came in; absent where that is not known, or none ever did. */
  readonly lastReceivedAt?: number;
  /**
   * Unix milliseconds: when a call of the platform's webhook was last taken, and last refused as not genuine; and when the
   * latest event happened of which no webhook told, so that it was found by catching up. Absent where that is not known, or never happened.
   */
  readonly webhookSeen?: { readonly accepted?: number; readonly refused?: number; readonly missed?: number };
  /** Whether a step of `setup` may print a secret that a person has to copy. */
  readonly showSecrets?: boolean;
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
  /**
   * The conversation that changes name instead of this one, where they do not tell the part of it that a message is in: a
   * forum's chat for its topics. Message ids are unique within it. Itself for what is no part; absent where changes are exact.
   */
  containerOf?(conversation: ConversationId): ConversationId;
  readonly capabilities: Capabilities;
  create(settings: SettingsOf<S>, deps: PlatformDeps): PlatformInstance;
}

/** Infers a platform's settings and member types, and freezes it. */
export const definePlatform = <const S extends Settings, M>(platform: Platform<S, M>): Platform<S, M> => Object.freeze(platform);
