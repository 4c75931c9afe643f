import type { GroupView, GroupsView } from '../protocol.ts';
import { get } from './api.ts';
import { byId, element } from './dom.ts';
import { type Keyed, showKeyed } from './keyed.ts';
import { createLetters } from './letters.ts';
import { showPages } from './pager.ts';
import { settle } from './settle.ts';
import { timeNode } from './times.ts';
import { count, some } from './words.ts';

/** When a list is looked at again: one that lacks a reason, and any other, which is longer than the server takes to tell of a change. */
const againMs = { untold: 1_000, settled: 2_500 } as const;

/** The dead letters by reason and conversation, and what to do with them. */
export function createFailed() {
  const section = byId('failed');
  let from = 0;
  let asked = 0;
  let shownDead: number | undefined;
  let latestDead = 0;
  const load = async (): Promise<void> => {
    const mine = (asked += 1);
    const page = await get<GroupsView>('/api/dead/groups', { from: String(from) });
    // A later question is on its way.
    if (mine !== asked) return;
    if (page === undefined) {
      byId('failed-note').textContent = 'What failed cannot be shown now.';
      return;
    }
    if (page.groups.length === 0 && page.total > 0 && from > 0) {
      from = 0;
      return load();
    }
    // Of the same moment as the list: the number told last may be older, and that of another list.
    shownDead = page.letters;
    show(page, load);
    showPages(byId('groups-pages'), { from, shown: page.groups.length, total: page.total, noun: 'group' }, (next) => {
      from = next;
      void load();
    });
    const settled = page.groups.every(({ told }) => told);
    // Where the numbers agree again before the next look at them, nothing is told of what happened in between.
    setTimeout(() => (mine === asked ? lookAgain(settled) : undefined), settled ? againMs.settled : againMs.untold);
  };
  /** A list that somebody may be reading does not change under their eyes, but for reasons that it lacks. */
  const lookAgain = (settled: boolean) => {
    if (section.hidden || shownDead === undefined || (settled && shownDead === latestDead)) return;
    if (!settled || byId('groups').childElementCount === 0) void load();
    else offer(load);
  };
  return {
    opened: load,
    /** Told of the number of dead letters. */
    dead: (number: number) => {
      latestDead = number;
      const badge = byId('failed-count');
      badge.textContent = number === 0 ? '' : count(number);
      badge.setAttribute('aria-label', number === 0 ? '' : some(number, 'dead message'));
      lookAgain(true);
    },
  };
}

function offer(load: () => Promise<void>): void {
  const button = element('button', { type: 'button' }, ['Show it as it is now']);
  button.addEventListener('click', () => void load());
  const note = byId('failed-note');
  if (note.querySelector('button') === null) note.replaceChildren('This list has changed meanwhile. ', button);
}

function show(page: GroupsView, reload: () => Promise<void>): void {
  const note = byId('failed-note');
  const unseen = page.unseen === 0 ? '' : ` ${some(page.unseen, 'older one is', 'older ones are')} not looked at.`;
  note.textContent =
    page.total === 0 ? 'Nothing failed. Everything that came was delivered or is on its way.' : `${some(page.total, 'group')}.${unseen}`;
  showKeyed(byId('groups'), page.groups, groups(reload));
}

/** Moments that one need not tell apart. */
const closeMs = 60_000;

const groups = (reload: () => Promise<void>): Keyed<GroupView> => ({
  key: ({ queue, conversation, why, count: number, newestAt, waitingBehind }) =>
    JSON.stringify([queue, conversation, why, number, newestAt, waitingBehind]),
  create: (group) => groupNode(group, reload),
  update: () => undefined,
});

function groupNode(group: GroupView, reload: () => Promise<void>): HTMLElement {
  const { platform, conversation, bridge, count: number, newestAt, oldestAt, waitingBehind } = group;
  const { reason, answer } = group.told ? parts(group.why) : { reason: 'why is not known yet', answer: '' };
  const target = { group: { queue: group.queue, conversation, why: group.why } };
  const waits =
    waitingBehind === undefined || waitingBehind === 0
      ? 'nothing waits in this conversation'
      : `${some(waitingBehind, 'message')} of this conversation ${waitingBehind === 1 ? 'waits' : 'wait'}`;
  const span = newestAt - oldestAt < closeMs ? [timeNode(newestAt)] : [timeNode(oldestAt), ' to ', timeNode(newestAt)];
  const letters = createLetters(group, reload);
  return element('article', { class: 'card group', 'aria-label': `${platform} ${conversation}: ${reason}` }, [
    element('h3', {}, [`${some(number, 'message')} to ${platform}: ${reason}`]),
    element('p', { class: 'why' }, [answer]),
    element('p', { class: 'where' }, [
      element('span', { class: 'id' }, [conversation]),
      bridge === undefined ? '' : ` in the bridge ${bridge}`,
      ' · ',
      ...span,
      ` · ${waits}`,
    ]),
    element('p', { class: 'actions' }, [
      action(number === 1 ? 'Retry' : `Retry all ${count(number)}`, 'primary', () => settle('retry', target, { number, reload })),
      action(number === 1 ? 'Discard' : `Discard all ${count(number)}`, 'danger', () => settle('discard', target, { number, reload })),
      letters.button,
    ]),
    letters.list,
  ]);
}

/** The reason is a word of ours, the rest the platform's answer in words. */
function parts(why: string): { readonly reason: string; readonly answer: string } {
  const at = why.indexOf(': ');
  return at < 0 ? { reason: why, answer: '' } : { reason: why.slice(0, at), answer: why.slice(at + 2) };
}

function action(text: string, name: string, act: () => Promise<void>): HTMLButtonElement {
  const button = element('button', { type: 'button', class: name }, [text]);
  button.addEventListener('click', () => {
    button.disabled = true;
    void act().finally(() => (button.disabled = false));
  });
  return button;
}
