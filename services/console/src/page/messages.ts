import type { AboutView, JourneyView, MessagesView } from '../protocol.ts';
import { get } from './api.ts';
import { byId, element } from './dom.ts';
import { journeys } from './journey.ts';
import { showKeyed } from './keyed.ts';
import { count, some } from './words.ts';

/** The search for one message, and the last ones. */
export function createMessages(about: Promise<AboutView | undefined>) {
  const field = byId('query');
  byId('search').addEventListener('submit', (event) => {
    event.preventDefault();
    if (field instanceof HTMLInputElement) void about.then((known) => find(field.value.trim(), known));
  });
  return { showRecent };
}

async function find(query: string, about: AboutView | undefined): Promise<void> {
  const note = byId('found-note');
  if (query === '') {
    note.textContent = 'Type what you have of the message: its id, a link to it, or its whole text.';
    return;
  }
  note.textContent = 'Looking…';
  const answer = await get<MessagesView>('/api/messages', { q: query });
  if (answer === undefined) {
    note.textContent = '';
    return;
  }
  note.textContent = answer.journeys.length === 0 ? notFound(answer, about) : `Found ${some(answer.journeys.length, 'message')}.`;
  showKeyed(byId('found'), answer.journeys, journeys(true));
}

function notFound({ arriving }: MessagesView, about: AboutView | undefined): string {
  const kept =
    about === undefined
      ? ''
      : ` Kept are the messages of the last ${about.limits.journeyDays} days, at most ${count(about.limits.journeys)} of them.`;
  const early =
    arriving === 0
      ? ''
      : ` ${some(arriving, 'message')} that came in ${arriving === 1 ? 'waits' : 'wait'} for a router and cannot be found yet.`;
  return `Nothing is known under this.${kept}${early} A text must be the whole message; capitals and spaces do not matter.`;
}

/** Stays as it is while one reads in it, and catches up afterwards. */
function showRecent(list: readonly JourneyView[]): void {
  const place = byId('recent');
  if (place.matches(':hover') || place.contains(document.activeElement)) {
    // What is shown goes on living; what is new waits.
    const known = new Set([...place.children].map((node) => (node instanceof HTMLElement ? node.dataset['key'] : undefined)));
    const keyed = journeys(false);
    for (const journey of list) {
      const name = keyed.key(journey);
      const node = known.has(name)
        ? [...place.children].find((child) => child instanceof HTMLElement && child.dataset['key'] === name)
        : undefined;
      if (node instanceof HTMLElement) keyed.update(node, journey);
    }
    if (known.size > 1) return;
  }
  if (list.length === 0) place.replaceChildren(element('p', { class: 'quiet' }, ['No message has come yet. Write one in a bridged room.']));
  else showKeyed(place, list, journeys(false));
}
