import type { AboutView, OverviewView, ServerEvent } from '../protocol.ts';
import { get } from './api.ts';
import { createBridges } from './bridges.ts';
import { createConfiguration } from './configuration.ts';
import { byId } from './dom.ts';
import { createFailed } from './failed.ts';
import { listen } from './live.ts';
import { createMessages } from './messages.ts';
import { createSetup } from './setup.ts';
import { keepTimes } from './times.ts';
import { showWorking } from './working.ts';

const about = get<AboutView>('/api/about');
const messages = createMessages(about);
const failed = createFailed();
/** Called when a view is opened. */
const opened: Readonly<Record<string, () => Promise<void>>> = {
  failed: failed.opened,
  bridges: createBridges().opened,
  configuration: createConfiguration().opened,
};
createSetup();
keepTimes();

const sections = [...document.querySelectorAll<HTMLElement>('main > section')];
const nameOfView = () => sections.find(({ id }) => `#${id}` === location.hash)?.id ?? 'working';

function showView(moveFocus: boolean): void {
  const name = nameOfView();
  for (const section of sections) section.hidden = section.id !== name;
  for (const link of document.querySelectorAll('.views a')) {
    if (link.getAttribute('href') === `#${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const title = document.querySelector<HTMLElement>(`#${name} h2`);
  document.title = `${title?.textContent ?? 'Console'} · CometChat Integrations`;
  if (moveFocus) title?.focus({ preventScroll: true });
  if (moveFocus) scrollTo(0, 0);
  void opened[name]?.();
}

for (const title of document.querySelectorAll<HTMLElement>('h2')) title.tabIndex = -1;
addEventListener('hashchange', () => showView(true));
showView(false);

const sentences: Readonly<Record<OverviewView['status'], string>> = {
  healthy: 'All is well',
  degraded: 'Something needs a look',
  unhealthy: 'Messages cannot be taken now',
};

function showLive(state: string, sentence: string): void {
  const node = byId('live');
  node.dataset['state'] = state;
  if (node.textContent !== sentence) node.textContent = sentence;
}

function handle(event: ServerEvent): void {
  if (event.kind === 'recent') return messages.showRecent(event.journeys);
  if (event.kind === 'alive') return;
  const { overview } = event;
  showWorking(overview);
  failed.dead(overview.totals.dead);
  // Dead letters are a problem of their own kind: the bridge works all the same.
  const state = overview.status === 'healthy' && overview.problems.length > 0 ? 'degraded' : overview.status;
  showLive(state, sentences[state]);
}

listen({
  told: handle,
  lost: (refused) => {
    showLive('lost', 'No connection to the console. What you see may be old; trying again…');
    // Any request tells whether the session has ended, and then leads to the login.
    if (refused) void get<AboutView>('/api/about');
  },
});

byId('logout').hidden = (await about)?.passwordless !== false;
