import type { ChatView, ServerEvent } from '../protocol.ts';
import { createBreakIt } from './break-it.ts';
import { byId } from './dom.ts';
import { createJourney } from './journey.ts';
import { type Pane, createPane } from './pane.ts';
import { showLost, showStatus } from './status.ts';
import { createTabs } from './tabs.ts';

const panes = new Map<string, Pane>();
const names = new Map<string, string>();
const tabs = createTabs();
const journey = createJourney({
  name: (platform) => names.get(platform) ?? platform,
  find: (platform, id) => panes.get(platform)?.find(id),
});

const breaking = createBreakIt();

/** The first thing that is told, and again after a lost connection: then nothing on the page may jump. */
function showChats(chats: readonly ChatView[]): void {
  const known = chats.every((chat) => panes.has(chat.platform));
  for (const chat of chats) {
    names.set(chat.platform, chat.name);
    if (known) panes.get(chat.platform)?.reset(chat);
    else panes.set(chat.platform, createPane(chat));
  }
  if (known) return;
  byId('panes').replaceChildren(...[...panes.values()].map((pane) => pane.node));
  tabs.reset(chats, panes);
}

function handle(event: ServerEvent): void {
  switch (event.kind) {
    case 'state':
      showChats(event.chats);
      journey.reset(event.steps);
      breaking.reset(event.chats, event.faults);
      breaking.count(event.ledger);
      return showStatus(event.status);
    case 'change':
      if (panes.get(event.platform)?.show(event.message) === true) tabs.came(event.platform);
      return;
    case 'journey':
      return journey.add(event.step);
    case 'status':
      return showStatus(event.status);
    case 'ledger':
      return breaking.count(event.ledger);
    case 'faults':
      return breaking.show(event.faults);
  }
}

/** Our own server's words: the kind says the rest. */
function isServerEvent(value: unknown): value is ServerEvent {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

const events = new EventSource('/api/events');
events.addEventListener('message', (message: MessageEvent<string>) => {
  const event: unknown = JSON.parse(message.data);
  if (isServerEvent(event)) handle(event);
});
// The browser connects again by itself, and the server then sends the whole state.
events.addEventListener('error', showLost);
