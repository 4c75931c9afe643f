import type { AttachmentKind } from './message.ts';
import type { Formatting } from './rich-text.ts';

/**
 * `full`: as that platform's own users would do it. `partial`: shown, with something lost. `text`: told in words.
 * `none`: nothing arrives, because nothing is to be told.
 */
export type Support = 'full' | 'partial' | 'text' | 'none';

/** What a platform can show. Data, not methods: the core degrades a message by reading this table. */
export interface Capabilities {
  readonly text: {
    /** Longest text of one message, in the unit of `Sender.measure`. */
    readonly maxLength: number;
    readonly unit: 'utf16' | 'byte';
    readonly formatting: Readonly<Record<Formatting, Support>>;
  };
  readonly attachments: Readonly<Record<AttachmentKind, Support>>;
  readonly edit: Support;
  readonly delete: Support;
  readonly reply: Support;
  readonly thread: Support;
  readonly reactions: Support;
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
