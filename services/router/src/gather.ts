import { type BridgeEvent, type InboundEnvelope, type Parsed, isBlank } from '@bridge/core';
import type { Surroundings } from '@bridge/runtime';

type Created = Extract<BridgeEvent, { readonly type: 'message.created' }>;

/** What arrived as several messages, as the one that it is. */
export interface Gathered {
  readonly event: Created;
  /** The events that went into it, after the first. */
  readonly parts: readonly { readonly envelope: InboundEnvelope; readonly event: Created }[];
}
export type Gathering = Gathered | { readonly waitMs: number };

/** No platform's album is larger. */
const mostParts = 10;

/** How long the parts of an album are waited for. */
export interface AlbumPatience {
  /** A part that comes later than this after the one before is a message of its own. */
  readonly betweenMs: number;
  /** A chat is not held up longer for an album, whatever comes. */
  readonly longestMs: number;
}
export const usualPatience: AlbumPatience = { betweenMs: 700, longestMs: 950 };
/** Clocks of different machines may not agree on how long ago something was: nothing is waited for more often. */
const mostWaits = 2;

export interface AlbumSurroundings extends Surroundings {
  readonly albums: AlbumPatience;
}

export interface GatherInput {
  readonly envelope: InboundEnvelope;
  readonly event: Created;
  readonly around: AlbumSurroundings;
  parse(envelope: InboundEnvelope): Parsed | { readonly kind: 'unroutable' };
}

/** Puts an album together from the events that stand one after the other in its conversation, or says how long to wait for more. */
export async function gather({ envelope, event, around, parse }: GatherInput): Promise<Gathering> {
  const { album } = event;
  if (album === undefined) return { event, parts: [] };
  const parts: { envelope: InboundEnvelope; event: Created }[] = [];
  const following = await around.following(mostParts - 1);
  for (const next of following) {
    const part = partOf(album, parse(next));
    if (part === undefined) break;
    parts.push({ envelope: next, event: part });
  }
  // Something else behind the last part, or as many as there can be: it is whole.
  const open = parts.length === following.length && parts.length < mostParts - 1;
  const waitMs = open && around.waits < mostWaits ? patience(envelope, parts.at(-1)?.envelope ?? envelope, around.albums) : 0;
  return waitMs > 0
    ? { waitMs }
    : {
        event: combined(
          event,
          parts.map((part) => part.event),
        ),
        parts,
      };
}

function partOf(album: string, parsed: ReturnType<GatherInput['parse']>): Created | undefined {
  const [event, ...others] = parsed.kind === 'events' ? parsed.events : [];
  return event?.type === 'message.created' && event.album === album && others.length === 0 ? event : undefined;
}

function patience(first: InboundEnvelope, last: InboundEnvelope, { betweenMs, longestMs }: AlbumPatience): number {
  const now = Date.now();
  return Math.min(betweenMs, last.receivedAt + betweenMs - now, first.receivedAt + longestMs - now);
}

function combined({ album: _album, ...first }: Created, others: readonly Created[]): Created {
  if (others.length === 0) return first;
  const all = [first, ...others];
  const worded = all.filter(({ content }) => !isBlank(content.body)).map(({ content }) => content);
  const replyTo = all.find((part) => part.replyTo !== undefined)?.replyTo;
  return {
    ...first,
    ...(replyTo === undefined ? {} : { replyTo }),
    content: {
      ...first.content,
      text: worded.map(({ text }) => text).join('\n\n'),
      body: worded.flatMap(({ body }) => body),
      attachments: all.flatMap(({ content }) => content.attachments),
    },
    parts: others.map(({ message }) => message),
  };
}
