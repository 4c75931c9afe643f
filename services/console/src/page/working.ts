import type { OverviewView, PlatformView, ProblemView, ProcessView } from '../protocol.ts';
import { byId, element } from './dom.ts';
import { type Keyed, showKeyed } from './keyed.ts';
import { said } from './said.ts';
import { createSparkline, setSparkline } from './sparkline.ts';
import { setTime, timeNode } from './times.ts';
import { count, some } from './words.ts';

/** The first view: whatever is wrong on top, then the totals, the platforms and the processes. */
export function showWorking(overview: OverviewView): void {
  showKeyed(byId('problems'), overview.problems.length > 0 ? overview.problems : [allWell(overview)], problems);
  const { totals, arriving } = overview;
  showKeyed(
    byId('totals'),
    [
      { name: 'In, last hour', value: totals.inLastHour, unit: 'messages' },
      { name: 'Out, last hour', value: totals.outLastHour, unit: 'messages' },
      { name: 'Waiting', value: totals.waiting, unit: arriving.waiting > 0 ? `${count(arriving.waiting)} to be routed` : 'messages' },
      { name: 'Dead', value: totals.dead, unit: 'messages' },
    ],
    figures,
  );
  if (overview.platforms.length > 0) showKeyed(byId('platforms'), overview.platforms, platforms);
  showKeyed(byId('processes'), overview.processes, processes);
}

type Shown = Omit<ProblemView, 'tone'> & { readonly tone: string };

function allWell({ platforms: all, bridges }: OverviewView): Shown {
  return { tone: 'good', text: `Everything works: ${some(all.length, 'platform')}, ${some(bridges.enabled, 'bridge')}.` };
}

const views: Readonly<Record<string, string>> = {
  failed: 'See what failed',
  setup: 'Check the set-up',
  bridges: 'See the bridges',
  messages: 'See the last messages',
};

const problems: Keyed<Shown> = {
  key: ({ text }) => text.replaceAll(/[\d,]+/g, '#'),
  create: ({ view }) =>
    element('li', {}, [
      element('span', { class: 'dot' }),
      element('span', { class: 'text' }),
      ...(view === undefined ? [] : [element('a', { href: `#${view}` }, [views[view] ?? 'See more'])]),
    ]),
  update: (node, { tone, text }) => {
    node.dataset['tone'] = tone;
    node.querySelector<HTMLElement>('.dot')?.setAttribute('data-tone', tone);
    const place = node.querySelector('.text');
    if (place && place.textContent !== text.replaceAll('`', '')) place.replaceChildren(...said(text));
  },
};

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const figures: Keyed<Figure> = {
  key: ({ name }) => name,
  create: ({ name }) =>
    element('div', {}, [element('dt', {}, [name]), element('dd', {}, [element('span', {}), ' ', element('small', {})])]),
  update: (node, { value, unit }) => {
    set(node.querySelector('dd span'), count(value));
    set(node.querySelector('small'), unit);
  },
};

const cell = (label: string, name: string, children: readonly Node[] = []) => element('td', { 'data-label': label, class: name }, children);

const platforms: Keyed<PlatformView> = {
  key: ({ id }) => id,
  create: ({ name }) =>
    element('tr', {}, [
      element('th', { scope: 'row' }, [name]),
      cell('State', 'state', [element('span', { class: 'dot' })]),
      cell('Last in', 'last-in'),
      cell('Last out', 'last-out'),
      cell('Waiting', 'number waiting'),
      cell('Oldest', 'oldest'),
      cell('Dead', 'number dead'),
      cell('Last hour', 'hour', [createSparkline()]),
    ]),
  update: (node, platform) => {
    const dot = node.querySelector<HTMLElement>('.dot');
    dot?.setAttribute('data-tone', platform.tone);
    if (dot) dot.title = platform.detail ?? '';
    set(dot, platform.word);
    setMoment(node.querySelector('.last-in'), platform.lastIn, 'never');
    setMoment(node.querySelector('.last-out'), platform.lastOut, 'never');
    set(node.querySelector('.waiting'), count(platform.waiting));
    setMoment(node.querySelector('.oldest'), platform.oldestAt, '–');
    const dead = node.querySelector('.dead');
    set(dead, count(platform.dead));
    dead?.classList.toggle('strong', platform.dead > 0);
    dead?.setAttribute('data-tone', platform.dead > 0 ? 'bad' : 'idle');
    const spark = node.querySelector('svg');
    if (spark) setSparkline(spark, platform);
  },
};

const processes: Keyed<ProcessView> = {
  key: ({ id }) => id,
  create: ({ roles, startedAt, version, pid }) =>
    element('tr', {}, [
      element('th', { scope: 'row' }, [roles.join(', ')]),
      cell('Started', '', [timeNode(startedAt)]),
      cell('Version', '', [document.createTextNode(version)]),
      cell('Process', 'number', [document.createTextNode(String(pid))]),
    ]),
  update: () => undefined,
};

function set(node: Element | null, text: string): void {
  if (node && node.textContent !== text) node.textContent = text;
}

function setMoment(node: Element | null, at: number | undefined, otherwise: string): void {
  if (!node) return;
  if (at === undefined) return set(node, otherwise);
  const time = node.querySelector('time');
  if (time) setTime(time, at);
  else node.replaceChildren(timeNode(at));
}
