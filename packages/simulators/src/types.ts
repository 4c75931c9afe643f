/**
 * What the three simulators have in common, for tests and for the sandbox page. A simulator is a server with a
 * platform's documented behaviour on a loopback port; nothing in it knows who talks to it.
 */
export interface SimPerson {
  readonly id: string;
  readonly name: string;
  /** Served by the simulator itself. */
  readonly avatarUrl: string;
}

export interface SimRoom {
  readonly id: string;
  readonly name: string;
}

/** A message as a member of the room sees it now. */
export interface SimMessage {
  readonly id: string;
  readonly room: string;
  readonly author: { readonly id: string; readonly name: string; readonly avatarUrl?: string; readonly isBot: boolean };
  /** What is shown, as plain text, without markup. */
  readonly text: string;
  /** The platform's own form: Discord Markdown source, Telegram entities and so on. */
  readonly source: unknown;
  /** Unix milliseconds. */
  readonly sentAt: number;
  readonly editedAt?: number;
  readonly deleted: boolean;
  /** True when it came in through the platform's API, false when a person of the simulator wrote it. */
  readonly viaApi: boolean;
  /** What is shown beside the text, in order. */
  readonly files?: readonly SimShownFile[];
  /** The message that it replies to. */
  readonly replyTo?: string;
  /** The message that the thread or topic it is in began with. */
  readonly thread?: string;
  readonly reactions?: readonly { readonly emoji: string; readonly by: string }[];
}

/** A file of a message; the simulator keeps its bytes. */
export interface SimShownFile {
  /** The platform's own word for it. */
  readonly kind: string;
  readonly name: string;
  readonly mime: string;
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Where the simulator itself serves it, for a page that shows it. */
  readonly url?: string;
}

/** A file as a person sends it. */
export interface SimFile {
  /** As the bridge calls it: `image`, `video`, `animation`, `audio`, `voice`, `round-video`, `sticker` or `file`. */
  readonly kind: string;
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array;
}

/** What a person writes. */
export interface PostInput {
  readonly room: string;
  readonly author: string;
  readonly text: string;
  readonly replyTo?: string;
  readonly thread?: string;
  readonly files?: readonly SimFile[];
  /** Whether several files are shown as one message; true where absent. */
  readonly album?: boolean;
}

/** What a person puts on a message, or takes away from it. */
export interface ReactInput {
  readonly room: string;
  readonly message: string;
  readonly author: string;
  readonly emoji: string;
  /** True where absent. */
  readonly on?: boolean;
}

export type SimChange = { readonly kind: 'posted' | 'edited' | 'deleted'; readonly message: SimMessage };

export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly html?: boolean }
  | { readonly kind: 'rate-limit'; readonly retryAfterMs: number; readonly global?: boolean }
  /** The connection is reset before the request is acted upon. */
  | { readonly kind: 'reset' }
  /** The request is acted upon, then the connection is reset instead of an answer. */
  | { readonly kind: 'accept-then-reset' }
  /** The request is read and never answered, nor acted upon. */
  | { readonly kind: 'hang' }
  /** Acted upon and answered, `delayMs` later. */
  | { readonly kind: 'delay'; readonly delayMs: number };

export interface FaultRule {
  readonly fault: Fault;
  /** Which calls: matched against `METHOD /path` of the API without host, token and query. All calls where absent. */
  readonly match?: RegExp;
  /** How many calls it hits before it goes away; for ever where absent. */
  readonly times?: number;
  /** Of the calls that match, this share by chance, 0 to 1; all of them where absent. */
  readonly share?: number;
  /** Makes the chance repeatable: the same seed hits the same calls by their number. */
  readonly seed?: number;
}

export interface Faults {
  /** Adds a rule; the first that matches wins. Returns how to take it away. */
  add(rule: FaultRule): () => void;
  clear(): void;
  /** How many calls each kind has hit so far. */
  readonly hits: Readonly<Partial<Record<Fault['kind'], number>>>;
  /** Added to every API answer, milliseconds; 0 at the start. */
  latencyMs: number;
}

/** One API call as it came in, for tests that ask what was really requested. */
export interface SimCall {
  readonly at: number;
  readonly method: string;
  /** Without host, token and query. */
  readonly path: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined when the connection was reset or never answered. */
  status?: number;
}

export interface ChatSimulator {
  /** What the bridge is given as this platform's API URL. */
  readonly url: string;
  readonly people: readonly SimPerson[];
  readonly rooms: readonly SimRoom[];
  readonly faults: Faults;
  /** The last 10,000 API calls. */
  readonly calls: readonly SimCall[];
  post(message: PostInput): SimMessage;
  edit(change: { readonly room: string; readonly message: string; readonly text: string }): SimMessage;
  remove(change: { readonly room: string; readonly message: string }): void;
  react(change: ReactInput): void;
  /** Oldest first, deleted ones included. */
  messages(room: string): readonly SimMessage[];
  onChange(listener: (change: SimChange) => void): () => void;
  close(): Promise<void>;
}
