import type { BridgeView, BridgesView, MemberView } from '../protocol.ts';
import { get } from './api.ts';
import { byId, element } from './dom.ts';
import { showKeyed } from './keyed.ts';
import { showPages } from './pager.ts';
import { timeNode } from './times.ts';
import { count, some } from './words.ts';

const typingMs = 250;

/** The bridges with their members, found by name or room, a page at a time. */
export function createBridges() {
  let from = 0;
  let asked = 0;
  const query = byId('bridge-query');
  const untried = byId('bridge-untried');
  const load = async () => {
    asked += 1;
    const mine = asked;
    const q = query instanceof HTMLInputElement ? query.value : '';
    const onlyUntried = untried instanceof HTMLInputElement && untried.checked;
    const page = await get<BridgesView>('/api/bridges', { q, show: onlyUntried ? 'untried' : 'all', from: String(from) });
    // A later question is on its way.
    if (mine !== asked) return;
    if (page === undefined) {
      byId('bridges-note').textContent = 'The bridges cannot be shown now.';
      return;
    }
    show(page);
    showPages(byId('bridges-pages'), { from, shown: page.bridges.length, total: page.total, noun: 'bridge' }, (next) => {
      from = next;
      void load();
    });
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const anew = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      from = 0;
      void load();
    }, typingMs);
  };
  query.addEventListener('input', anew);
  untried.addEventListener('change', anew);
  byId('bridge-search').addEventListener('submit', (event) => event.preventDefault());
  return { opened: load };
}

function show({ bridges, total, counts }: BridgesView): void {
  const { all, enabled, untried } = counts;
  const which = total === all ? '' : `${some(total, 'bridge')} of these shown. `;
  const never = untried === 0 ? 'All have worked in every direction.' : `${some(untried, 'has', 'have')} never worked in some direction.`;
  byId('bridges-note').textContent =
    all === 0 ? 'No bridge is configured. Add one to bridges.yaml.' : `${which}${some(all, 'bridge')}, ${count(enabled)} on. ${never}`;
  showKeyed(byId('bridge-list'), bridges, {
    key: (bridge) => JSON.stringify(bridge),
    create: (bridge) => bridgeNode(bridge),
    update: () => undefined,
  });
}

function bridgeNode({ name, enabled, perHour, members }: BridgeView): HTMLElement {
  return element('article', { class: 'card bridge', 'aria-label': name }, [
    element('div', { class: 'head' }, [
      element('h3', {}, [name]),
      ...(enabled ? [] : [element('span', { class: 'quiet' }, ['switched off'])]),
      element('span', { class: 'rate' }, [`${some(perHour, 'message')} in the last hour`]),
    ]),
    element('table', { class: 'members' }, [
      element('thead', {}, [
        element(
          'tr',
          {},
          ['Platform', 'Room', 'Direction', 'Last from there', 'Last to there'].map((title) => element('th', { scope: 'col' }, [title])),
        ),
      ]),
      element(
        'tbody',
        {},
        members.map((member) => memberNode(member)),
      ),
    ]),
  ]);
}

const directions = { both: 'both ways', in: 'only brings', out: 'only receives' } as const;

function memberNode({ platform, conversation, direction, lastIn, lastOut }: MemberView): HTMLElement {
  return element('tr', {}, [
    element('td', {}, [platform]),
    element('td', { class: 'id' }, [conversation]),
    element('td', {}, [directions[direction]]),
    moment('Last from there', direction === 'out' ? 'not wanted' : lastIn),
    moment('Last to there', direction === 'in' ? 'not wanted' : lastOut),
  ]);
}

function moment(label: string, at: number | 'not wanted' | undefined): HTMLElement {
  const shown = at === 'not wanted' ? '–' : at === undefined ? element('span', { class: 'never' }, ['never']) : timeNode(at);
  return element('td', { 'data-label': label }, [shown]);
}
