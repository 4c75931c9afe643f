import type { GroupView, GroupsView } from '../protocol.ts';
import { get } from './api.ts';
import { byId, element } from './dom.ts';
import { type Keyed, showKeyed } from './keyed.ts';
import { createLetters } from './letters.ts';
import { showPages } from './pager.ts';
import { settle } from './settle.ts';
import { timeNode } from './times.ts';
import { count, some } from './words.ts';

/** After this a list that lacks a reason is looked at again, or one that could not be had. */
const lackingMs = 1_000;
/** After this any other: longer than the server takes to tell of a change. */
const wholeMs = 2_500;
/** Each further look that nobody asked for waits twice as long, but no longer than this. */
const longestMs = 30_000;

/** The dead letters by reason and conversation, and what to do with them. */
export function createFailed() {
  const section = byId('failed');
  let from = 0;
  let asked = 0;
  let unasked = 0;
  let shown: GroupsView | undefined;
  /** Dead letters as the server told last, which may have been before the list was made. */
  let told: number | undefined;

  const look = async (): Promise<void> => {
    const mine = (asked += 1);
    const page = await get<GroupsView>('/api/dead/groups', { from: String(from) });
    // A later question is on its way.
    if (mine !== asked) return;
    if (page !== undefined && page.groups.length === 0 && page.total > 0 && from > 0) {
      from = 0;
      return look();
    }
    shown = page;
    if (page === undefined) byId('failed-note').textContent = 'What failed cannot be shown now. Trying again…';
    else show(page, { reload: load, turn });
    const waitMs = Math.min(longestMs, (isWhole(page) ? wholeMs : lackingMs) * 2 ** unasked);
    setTimeout(() => (mine === asked ? lookAgain() : undefined), waitMs);
  };
  const load = (): Promise<void> => {
    unasked = 0;
    return look();
  };
  const turn = (next: number): void => {
    from = next;
    void load();
  };
  /** A list that somebody may be reading does not change under their eyes, but for reasons that it lacks, while nothing in it is in use. */
  const lookAgain = (): void => {
    if (section.hidden) return;
    const changed = shown !== undefined && told !== undefined && told !== shown.letters;
    if (isWhole(shown) && !changed) return withdraw(shown);
    const list = byId('groups');
    if (list.childElementCount > 0 && (isWhole(shown) || isInUse(list))) return offer(load);
    unasked += 1;
    void look();
  };
  return {
    opened: load,
    /** Told of the number of dead letters. */
    dead: (number: number) => {
      const isNew = number !== told;
      told = number;
      const badge = byId('failed-count');
      badge.textContent = number === 0 ? '' : count(number);
      badge.setAttribute('aria-label', number === 0 ? '' : some(number, 'dead message'));
      if (isNew && isWhole(shown)) lookAgain();
    },
  };
}

/** Whether there is a list, and a reason for all in it. */
const isWhole = (page: GroupsView | undefined): page is GroupsView => page?.groups.every((group) => group.told) === true;

/** Whether something in it is open, has the focus or is being asked about. */
const isInUse = (list: HTMLElement): boolean =>
  list.contains(document.activeElement) ||
  list.querySelector('[aria-expanded="true"]') !== null ||
  document.querySelector('dialog[open]') !== null;

function offer(load: () => Promise<void>): void {
  const button = element('button', { type: 'button' }, ['Show it as it is now']);
  button.addEventListener('click', () => void load());
  const note = byId('failed-note');
  if (note.querySelector('button') === null) note.replaceChildren('This list has changed meanwhile. ', button);
}

/** What was told before the list was made, and came after it, looked like a change. */
function withdraw(page: GroupsView): void {
  if (byId('failed-note').querySelector('button') !== null) byId('failed-note').textContent = noteOf(page);
}

function noteOf({ total, unseen }: GroupsView): string {
  if (total === 0) return 'Nothing failed. Everything that came was delivered or is on its way.';
  return `${some(total, 'group')}.${unseen === 0 ? '' : ` ${some(unseen, 'older one is', 'older ones are')} not looked at.`}`;
}

interface Acts {
  readonly reload: () => Promise<void>;
  readonly turn: (from: number) => void;
}

function show(page: GroupsView, { reload, turn }: Acts): void {
  byId('failed-note').textContent = noteOf(page);
  showKeyed(byId('groups'), page.groups, groups(reload));
  showPages(byId('groups-pages'), { from: page.from, shown: page.groups.length, total: page.total, noun: 'group' }, turn);
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
