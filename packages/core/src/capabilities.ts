import type { AttachmentKind } from './message.ts';
import type { Formatting } from './rich-text.ts';

/**
 * `full`: as that platform's own users would do it. `partial`: shown, with something lost. `text`: told in words.
 * `none`: nothing arrives, because nothing is to be told.
 */
export type Support = 'full' | 'partial' | 'text' | 'none';

/** How files go out. */
export interface FileSupport {
  /** `upload`: bytes are streamed to the platform; `link`: it is given a URL, and without PUBLIC_URL there is none. */
  readonly how: 'upload' | 'link';
  /** Most files in one message. */
  readonly maxPerMessage: number;
  /** Most bytes of all files of one message together, where that is less than each may have. */
  readonly maxBytesPerMessage?: number;
  /** Largest file of a kind, bytes. */
  readonly maxBytes: Readonly<Record<AttachmentKind, number>>;
  /** Longest text beside files, in the unit of `text`; longer text goes before them in messages of its own. */
  readonly captionMaxLength: number;
  /** Kinds that may share a message have the same name here; `''` is always alone. */
  readonly groups: Readonly<Record<AttachmentKind, string>>;
  /** Kinds that are shown without any text beside them. */
  readonly captionless: readonly AttachmentKind[];
  /** Its own stickers are PNG and not WebP, so still WebP stickers of others go out as PNG. */
  readonly pngStickers?: boolean;
}

/** What of `FileSupport` may be otherwise in one conversation. */
export type FileLimits = Pick<FileSupport, 'maxBytes' | 'maxBytesPerMessage'>;

/** At most `count` calls in `perMs` milliseconds on average, and `burst` of them at once, over all processes together. */
export interface RateLimit {
  /** What shares the limit, within its platform: `bot`, `chat:-100123`. */
  readonly key: string;
  readonly count: number;
  readonly perMs: number;
  readonly burst: number;
}

/** What a platform can show. Data, not methods: the core degrades a message by reading this table. */
export interface Capabilities {
  readonly text: {
    /** Longest text of one message, in the unit of `Sender.measure`. */
    readonly maxLength: number;
    readonly unit: 'utf16' | 'byte';
    readonly formatting: Readonly<Record<Formatting, Support>>;
  };
  readonly attachments: Readonly<Record<AttachmentKind, Support>>;
  readonly files: FileSupport;
  readonly edit: Support;
  readonly delete: Support;
  readonly reply: Support;
  readonly thread: Support;
  readonly reactions: Support;
  /**
   * Whose reactions can stand on a message: everybody's own (`person`), the bridge's with each emoji once (`emoji`), or a
   * single one of the bridge's (`message`). For the latter two the core tells what is left of everybody's.
   */
  readonly reactionsBy: 'person' | 'emoji' | 'message';
  /** The only emoji that a reaction may have, where they are few; others are told in words. */
  readonly reactionEmoji?: ReadonlySet<string>;
  /** The platform itself refuses a second copy of a send (Discord: nonce with enforce_nonce). */
  readonly idempotentSend: boolean;
  /** Which changes a platform tells a bot about at all; Telegram has no delete updates. */
  readonly reports: {
    readonly edits: boolean;
    readonly deletes: boolean;
    readonly reactions: boolean;
    /**
     * Some changes name only the message, whose id is then unique on the whole platform. Such an event's channel is
     * `message:<id>`, and the router looks its conversation up.
     */
    readonly withoutConversation?: boolean;
  };
}
