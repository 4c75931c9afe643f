import { type Bridge, type PlatformId, conversationId, eventId, messageId } from '@bridge/core';
import type { Copies, JourneyStep, Journeys } from '@bridge/store';

/** The steps of one message, from what happened to it first. */
export interface Journey {
  readonly event: string;
  readonly source?: { readonly platform: string; readonly conversation: string };
  readonly steps: readonly JourneyStep[];
}

/** Where to look for a message. */
export interface FindTools {
  readonly journeys: Pick<Journeys, 'find' | 'findText'>;
  readonly copies: Pick<Copies, 'originalOf'>;
  readonly bridges: readonly Bridge[];
  /** Platforms to try where what is looked for does not name one. */
  readonly platforms: readonly PlatformId[];
}

/** A link ends in the message's id on every platform that has links. */
const linkPattern = /^https?:\/\/\S+$/;

/**
 * Finds a message by what a person has of it: the event's id (`discord_123`), a platform's own id, also that of a copy, a link to
 * it, or its whole text. Newest first. @throws when Redis does not answer.
 */
export async function findJourneys(query: string, tools: FindTools): Promise<readonly Journey[]> {
  const wanted = query.trim();
  if (wanted === '') return [];
  const ids = idsIn(wanted, tools.platforms);
  const found = await Promise.all(ids.map(({ platform, message }) => byId(platform, message, tools)));
  const steps = found.flat();
  return apart(steps.length > 0 ? steps : (await tools.journeys.findText(wanted)).flat());
}

/** What is known of one message of one platform. @throws when Redis does not answer. */
export async function traceMessage(platform: PlatformId, message: string, tools: FindTools): Promise<readonly Journey[]> {
  return apart(await byId(platform, message, tools));
}

function idsIn(wanted: string, platforms: readonly PlatformId[]): readonly { readonly platform: PlatformId; readonly message: string }[] {
  const last = linkPattern.test(wanted) ? (new URL(wanted).pathname.split('/').findLast((part) => part !== '') ?? '') : wanted;
  if (last === '' || /\s/.test(last)) return [];
  const named = platforms.find((platform) => last.startsWith(`${platform}_`));
  if (named !== undefined) return [{ platform: named, message: last.slice(named.length + 1) }];
  return platforms.map((platform) => ({ platform, message: last }));
}

/** As an original, and as a copy in any room that is bridged: a copy's journey is its original's. */
async function byId(platform: PlatformId, message: string, tools: FindTools): Promise<readonly JourneyStep[]> {
  const rooms = tools.bridges.flatMap(({ members }) => members).filter((member) => member.platform === platform);
  const conversations = [...new Set(rooms.map((room) => room.conversation))];
  const places = conversations.map((conversation) => ({
    platform,
    conversation: conversationId(conversation),
    message: messageId(message),
  }));
  const originals = await Promise.all(places.map(async (place) => ({ place, original: await tools.copies.originalOf(place) })));
  // One that is neither a copy nor a part of an album is its own original, and looked up by its own id.
  const events = originals
    .filter(({ place, original }) => original !== place)
    .map(({ original }) => ({ id: eventId(original.platform, original.message), at: original }));
  const ofCopies = await Promise.all(
    events.map(async ({ id, at }) =>
      (await tools.journeys.find(id)).filter(({ source }) => source === undefined || source.conversation === at.conversation),
    ),
  );
  return [...(await tools.journeys.find(eventId(platform, messageId(message)))), ...ofCopies.flat()];
}

/** A platform may use an id again in another conversation: those are different messages. */
function apart(steps: readonly JourneyStep[]): readonly Journey[] {
  const journeys = new Map<string, Journey & { readonly steps: JourneyStep[] }>();
  const seen = new Set<string>();
  for (const step of steps) {
    const text = JSON.stringify(step);
    if (seen.has(text)) continue;
    seen.add(text);
    const { event, source } = step;
    const name = JSON.stringify([event, source?.platform, source?.conversation]);
    const known = journeys.get(name) ?? { event, ...(source === undefined ? {} : { source }), steps: [] };
    known.steps.push(step);
    journeys.set(name, known);
  }
  return [...journeys.values()].toSorted((a, b) => startOf(b) - startOf(a));
}

const startOf = ({ steps }: Journey): number => steps[0]?.receivedAt ?? 0;
