import type { ChatView, ServerEvent, StatusView } from '../protocol.ts';
import { byId, element } from './dom.ts';
import { createJourney } from './journey.ts';
import { type Pane, createPane } from './pane.ts';

const panes = new Map<string, Pane>();
const names = new Map<string, string>();
const drawStep = createJourney((platform) => names.get(platform) ?? platform);

function showState(chats: readonly ChatView[]): void {
  panes.clear();
  for (const chat of chats) {
    names.set(chat.platform, chat.name);
    panes.set(chat.platform, createPane(chat));
  }
  byId('panes').replaceChildren(...[...panes.values()].map((pane) => pane.node));
  byId('tabs').replaceChildren(...chats.map((chat) => tab(chat)));
  const first = chats[0];
  if (first) choose(first.platform);
}

function tab(chat: ChatView): HTMLElement {
  const button = element('button', { type: 'button', 'data-platform': chat.platform }, [chat.name]);
  button.addEventListener('click', () => choose(chat.platform));
  return button;
}

/** On a narrow screen one chat is shown at a time. */
function choose(platform: string): void {
  for (const [id, pane] of panes) pane.node.dataset['chosen'] = String(id === platform);
  for (const button of byId('tabs').querySelectorAll('button')) button.setAttribute('aria-pressed', String(button.dataset['platform'] === platform));
}

const sentences: Readonly<Record<StatusView['state'], string>> = {
  starting: 'The bridge is starting…',
  healthy: 'The bridge is running',
  degraded: 'The bridge runs, but something is wrong',
  unhealthy: 'The bridge cannot take messages now',
  stopped: 'The bridge has stopped; see the terminal',
};

function showStatus(status: StatusView): void {
  const node = byId('status');
  node.dataset['state'] = status.state;
  node.textContent = status.detail === undefined ? sentences[status.state] : `${sentences[status.state]}: ${status.detail}`;
}

function handle(event: ServerEvent): void {
  switch (event.kind) {
    case 'state':
      showState(event.chats);
      return showStatus(event.status);
    case 'change':
      return panes.get(event.platform)?.show(event.message);
    case 'journey':
      return drawStep(event.step);
    case 'status':
      return showStatus(event.status);
  }
}

const events = new EventSource('/api/events');
events.addEventListener('message', (message: MessageEvent<string>) => {
  const event: ServerEvent = JSON.parse(message.data);
  handle(event);
});
// The browser connects again by itself, and the server then sends the whole state.
events.addEventListener('error', () => {
  byId('status').dataset['state'] = 'unhealthy';
  byId('status').textContent = 'The sandbox does not answer; trying again…';
});
