import type { StatusView } from '../protocol.ts';
import { byId } from './dom.ts';

const sentences: Readonly<Record<StatusView['state'], string>> = {
  starting: 'The bridge is starting…',
  healthy: 'The bridge is running',
  degraded: 'The bridge runs, but something is wrong',
  unhealthy: 'The bridge cannot take messages now',
  restarting: 'The bridge was killed and is starting again…',
  stopped: 'The sandbox has stopped. Start it again, and this page goes on by itself',
};

/** Says how the bridge is. The same sentence is not said twice. */
export function showStatus({ state, detail }: StatusView): void {
  show(state, detail === undefined ? sentences[state] : `${sentences[state]}: ${detail}`);
}

/** The server was lost; what it said last may explain that. */
export function showLost(): void {
  if (byId('status').dataset['state'] !== 'stopped')
    show('unhealthy', 'The sandbox does not answer. Is it still running in the terminal? Trying again…');
}

function show(state: string, sentence: string): void {
  const node = byId('status');
  node.dataset['state'] = state;
  if (node.textContent !== sentence) node.textContent = sentence;
}
