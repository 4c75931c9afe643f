/** What the sandbox's server and its page say to each other. Types only: the page imports them and carries no code of ours. */

export interface PersonView {
  readonly id: string;
  readonly name: string;
  readonly avatarUrl: string;
}

export type SpanStyle =
  | 'bold'
  | 'italic'
  | 'underline'
  | 'strike'
  | 'code'
  | 'block'
  | 'spoiler'
  | 'quote'
  | 'small'
  | 'heading'
  | 'mention'
  | 'link';

/** A piece of formatted text, as the platform's own app would draw it. `href` is set on links, and is http or https. */
export type Span = string | { readonly style: SpanStyle; readonly spans: readonly Span[]; readonly href?: string };

/** A file beside a text. */
export interface FileView {
  readonly name: string;
  readonly kind: 'image' | 'video' | 'audio' | 'file';
  /** Bytes. */
  readonly size: number;
  readonly url?: string;
}

export interface MessageView {
  readonly id: string;
  readonly author: { readonly id: string; readonly name: string; readonly avatarUrl?: string; readonly isBot: boolean };
  /** Without any formatting. */
  readonly text: string;
  readonly body: readonly Span[];
  /** What its author typed, to begin an edit with. Only on what a person of the sandbox wrote. */
  readonly written?: string;
  readonly sentAt: number;
  readonly editedAt?: number;
  readonly deleted: boolean;
  /** Came over the platform's API: by the bridge. Only what a person of the sandbox wrote can be changed by hand. */
  readonly viaApi: boolean;
  readonly files?: readonly FileView[];
  /** What it answers, as far as it is known. */
  readonly replyTo?: { readonly id: string; readonly author: string; readonly text: string };
  /** It stands in a thread that began with this message. */
  readonly thread?: string;
  readonly reactions?: readonly { readonly emoji: string; readonly count: number }[];
}

export interface ChatView {
  readonly platform: string;
  readonly name: string;
  readonly room: string;
  /** What one may type for bold and the like; absent where text is plain. */
  readonly markup?: string;
  /** What is shown in place of a message that was deleted by hand. */
  readonly deletedNote: string;
  readonly people: readonly PersonView[];
  /** The latest ones, oldest first. */
  readonly messages: readonly MessageView[];
  /** How many older ones there are. */
  readonly older: number;
}

export interface StepView {
  readonly event: string;
  readonly eventKey: string;
  readonly type: string;
  readonly step: string;
  /** The target's platform, for steps of one delivery. */
  readonly target?: string;
  /** The platforms that a routed event goes to. */
  readonly targets?: readonly string[];
  readonly at: number;
  readonly receivedAt: number;
  readonly routedAt?: number;
  readonly startedAt?: number;
  readonly attempt?: number;
  readonly messages?: readonly string[];
  readonly reason?: string;
}

export interface StatusView {
  /** `starting` until the bridge answers for the first time, `restarting` until it does after it was killed. */
  readonly state: 'starting' | 'healthy' | 'degraded' | 'unhealthy' | 'restarting' | 'stopped';
  readonly detail?: string;
}

/** What a platform's API does to what the bridge writes. */
export type FaultName = 'ok' | 'fails' | 'limited' | 'hangs' | 'drops-answers';

/** Every message that was written and what became of its copies in the other chats, counted by the simulators. */
export interface LedgerView {
  readonly written: number;
  readonly arrived: number;
  readonly underWay: number;
  readonly dead: number;
  readonly lost: number;
}

/** Server-sent events, each named by `kind`. The first one is always `state`. */
export type ServerEvent =
  | {
      readonly kind: 'state';
      readonly chats: readonly ChatView[];
      readonly status: StatusView;
      readonly ledger: LedgerView;
      readonly faults: Readonly<Record<string, FaultName>>;
      /** Those of the newest event, so that a page that opens later can draw its path too. */
      readonly steps: readonly StepView[];
    }
  | { readonly kind: 'change'; readonly platform: string; readonly message: MessageView }
  | { readonly kind: 'journey'; readonly step: StepView }
  | { readonly kind: 'status'; readonly status: StatusView }
  | { readonly kind: 'ledger'; readonly ledger: LedgerView }
  | { readonly kind: 'faults'; readonly faults: Readonly<Record<string, FaultName>> };

/** `POST /api/messages` */
export interface PostRequest {
  readonly platform: string;
  readonly author: string;
  /** May be empty beside a file. */
  readonly text: string;
  readonly replyTo?: string;
  readonly file?: { readonly name: string; readonly mime: string; readonly base64: string };
}
/** `POST /api/reactions` */
export interface ReactRequest {
  readonly platform: string;
  readonly author: string;
  readonly message: string;
  readonly emoji: string;
}
/** `PUT /api/messages` */
export interface EditRequest {
  readonly platform: string;
  readonly message: string;
  readonly text: string;
}
/** `DELETE /api/messages` */
export interface DeleteRequest {
  readonly platform: string;
  readonly message: string;
}
/** `PUT /api/faults` */
export interface FaultRequest {
  readonly platform: string;
  readonly fault: FaultName;
}
/** `POST /api/break` */
export interface BreakRequest {
  readonly what: 'kill-bridge' | 'silence-redis' | 'cut-gateway' | 'burst';
}
