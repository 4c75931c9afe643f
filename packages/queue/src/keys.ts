import { createHash } from 'node:crypto';

/** A reference to one message, as the copies table keys it. */
export interface MessageKey {
  readonly platform: string;
  readonly conversation: string;
  readonly message: string;
}

/** Every Redis key of one cell. Nothing else in the product writes a key by hand. */
export type Keys = ReturnType<typeof createKeys>;

const longestReadable = 100;

/**
 * Makes any text safe as one part of a key: without `:`, `/`, `{`, `~` or spaces, at most some 130 bytes, and different for
 * different texts. Short texts stay readable (`a b` becomes `a%20b`); long and malformed ones end in a digest.
 */
export function keyPart(text: string): string {
  const escaped = text.isWellFormed() ? encodeURIComponent(text).replaceAll('~', '%7E') : undefined;
  if (escaped !== undefined && escaped.length > 0 && escaped.length <= longestReadable) return escaped;
  // UTF-16 bytes, since lone surrogates would all become the same replacement character in UTF-8.
  const digest = createHash('sha256').update(text, 'utf16le').digest('base64url');
  return `${text.replaceAll(/[^A-Za-z0-9_.-]/g, '').slice(0, 40)}~${digest}`;
}

/**
 * All keys of a cell share one hash tag, because transactions and scripts span the inbound and all outbound queues.
 * One cell is one Redis node's worth; further cells split the bridges over a Redis Cluster.
 */
export function createKeys(options: { readonly prefix: string; readonly cell?: number }) {
  const tag = `{${keyPart(options.prefix)}:${options.cell ?? 0}}`;
  return Object.freeze({ ...queueKeys(tag), ...storeKeys(tag) });
}

/** What messages wait in. */
function queueKeys(tag: string) {
  return {
    /** The `prefix` option of BullMQ; its own keys are `<tag>:<queue>:…`. */
    bullmq: tag,

    /** List of a mailbox's entries, head first. */
    mailbox: (queue: string, mailbox: string) => `${tag}:mailbox:${queue}:${mailbox}`,
    /** Sorted set of the non-empty mailboxes by the time they became so (Unix ms). */
    ready: (queue: string) => `${tag}:ready:${queue}`,
    /** Hash: the attempt that is under way, or came last, with the head of a mailbox. */
    journal: (queue: string, mailbox: string) => `${tag}:journal:${queue}:${mailbox}`,
    /** Hash of mailbox to the entry delivered last, for people. */
    last: (queue: string) => `${tag}:last:${queue}`,
    /** String with a time to live: the platform asked everybody to wait. */
    hold: (queue: string) => `${tag}:hold:${queue}`,
    /** Hash: the platform is paused because its credential was rejected. */
    pause: (queue: string) => `${tag}:pause:${queue}`,
    /** One accepted event, or one revived dead letter. */
    seen: (scope: string, event: string) => `${tag}:seen:${keyPart(scope)}/${keyPart(event)}`,

    /** BullMQ's own: a job's hash, its lock, the set of possibly stalled jobs, and the owner of a deduplication id. */
    job: (queue: string, jobId: string) => `${tag}:${queue}:${jobId}`,
    lock: (queue: string, jobId: string) => `${tag}:${queue}:${jobId}:lock`,
    stalled: (queue: string) => `${tag}:${queue}:stalled`,
    marker: (queue: string) => `${tag}:${queue}:marker`,
    /** String with a time to live: the job that one request for a job was given. */
    fetched: (nonce: string) => `${tag}:fetched:${nonce}`,
    wakeUp: (queue: string, mailbox: string) => `${tag}:${queue}:de:${mailbox}`,
  };
}

/** What is remembered of them. */
function storeKeys(tag: string) {
  const ref = (of: MessageKey) => `${keyPart(of.platform)}/${keyPart(of.conversation)}/${keyPart(of.message)}`;
  return {
    /** Hash of target conversation to the ids of a message's copies there. */
    copies: (of: MessageKey) => `${tag}:copies:${ref(of)}`,
    /** String: the message that a copy is a copy of. */
    source: (of: MessageKey) => `${tag}:source:${ref(of)}`,
    /** String: the message that a part of an album was gathered into. */
    whole: (of: MessageKey) => `${tag}:whole:${ref(of)}`,
    /** Hash of `<platform>/<person>` and emoji to when (Unix ms): everybody's reactions to a message, wherever they were made. */
    reactions: (of: MessageKey) => `${tag}:reactions:${ref(of)}`,
    /** Hash of `conversation` to the id under which it goes on. */
    moves: `${tag}:moves`,
    /** String: the key that links to files are signed with. */
    mediaKey: `${tag}:media-key`,
    /** Hash with a time to live: the theoretical arrival time of one outgoing limit, and until when it is closed (microseconds). */
    limit: (platform: string, key: string) => `${tag}:limit:${keyPart(platform)}/${keyPart(key)}`,
    /** Sorted sets of who waits for an outgoing limit: by when they came, and by when they are no longer waited for. */
    limitLine: (platform: string, key: string) => `${tag}:limit-line:${keyPart(platform)}/${keyPart(key)}`,
    limitDeadlines: (platform: string, key: string) => `${tag}:limit-deadlines:${keyPart(platform)}/${keyPart(key)}`,
    /** Field of `copies`. */
    conversation: (of: { readonly platform: string; readonly conversation: string }) =>
      `${keyPart(of.platform)}/${keyPart(of.conversation)}`,
    /** String: the conversation of a message, for platforms whose changes name only the message. */
    /** String: the message that the thread began with which this one is in. */
    thread: (of: MessageKey) => `${tag}:thread:${ref(of)}`,
    place: (of: Pick<MessageKey, 'platform' | 'message'>) => `${tag}:place:${keyPart(of.platform)}/${keyPart(of.message)}`,
    /** Stream of the steps that messages took. */
    journeys: `${tag}:journeys`,
    /** List of the steps of one event; `journeyPrefix` and the event's `keyPart` make the same. */
    journey: (event: string) => `${tag}:journey:${keyPart(event)}`,
    journeyPrefix: `${tag}:journey:`,
    /** Sorted set of the events whose journeys are kept, by the time of their last step (Unix ms). */
    journeyIndex: `${tag}:journey-index`,
    /** Sorted set, by name, of `<fingerprint of a text> <event>`. */
    journeyTexts: `${tag}:journey-texts`,
    /** Hash of `<in or out> <platform>` and `<in or out> <platform>/<conversation>` to when a message last went there (Unix ms). */
    flowLast: `${tag}:flow-last`,
    /** Hash of `<in or out> <platform>` to the messages of one minute. */
    flowMinute: (minute: number) => `${tag}:flow-minute:${minute}`,
    /** Hash of bridge to the messages that it took up in some minutes. */
    flowSlot: (slot: number) => `${tag}:flow-slot:${slot}`,
    /** Hash of `<accepted, refused or missed> <platform>` to when that was last seen of its webhook (Unix ms). */
    sightings: `${tag}:sightings`,
    /** Channel of publications, of which nothing is kept: where it is to be shown that somebody writes. */
    typing: `${tag}:typing`,
    /** String with a time to live: it is shown there, or was a moment ago. */
    typingShown: (of: { readonly platform: string; readonly conversation: string }) =>
      `${tag}:typing-shown:${keyPart(of.platform)}/${keyPart(of.conversation)}`,
    /** Hash of platform to where its stream is to be resumed. */
    checkpoints: `${tag}:checkpoints`,
    /** Set of the ids of processes that were alive lately. */
    processes: `${tag}:processes`,
    /** String with a time to live: one process is alive. */
    heartbeat: (process: string) => `${tag}:heartbeat:${keyPart(process)}`,
    /** String with a time to live: who leads. */
    lease: (name: string) => `${tag}:lease:${keyPart(name)}`,
  };
}
