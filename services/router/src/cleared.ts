import { type BridgeEvent, type Parsed, userId } from '@bridge/core';
import type { RoleContext } from '@bridge/runtime';

type Cleared = Extract<Parsed, { readonly kind: 'cleared' }>;

/**
 * The reactions that were taken away all at once, as if each person had taken theirs back: those of the platform's own people
 * in this room that the bridge has carried. What the others have on their platforms is theirs, and stays.
 */
export async function takenBack({ copies, reactions }: RoleContext, { event }: Cleared): Promise<readonly BridgeEvent[]> {
  const { source, message, channel } = event;
  // Written down under the conversation that is bridged, which may be the one that a thread hangs on.
  const places = channel.parent === undefined ? [channel.id] : [channel.id, channel.parent];
  const found = await Promise.all(
    places.map(async (conversation) => {
      const all = await reactions.of(await copies.originalOf({ platform: source, conversation, message }));
      return all.filter(({ at }) => at.platform === source && (at.conversation ?? conversation) === conversation);
    }),
  );
  return found
    .flat()
    .filter(({ emoji }) => event.emoji === '' || emoji === event.emoji)
    .map(({ person, emoji }, index) => ({
      ...event,
      eventKey: `${event.eventKey}.${index}`,
      author: { ...event.author, id: userId(person) },
      emoji,
    }));
}
