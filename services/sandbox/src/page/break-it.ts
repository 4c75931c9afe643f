import type { BreakRequest, ChatView, FaultName, LedgerView } from '../protocol.ts';
import { breakIt, setFault } from './api.ts';
import { byId, element } from './dom.ts';

const faultNames: Readonly<Record<FaultName, string>> = {
  ok: 'works',
  fails: 'fails (500)',
  limited: 'limits us (429)',
  hangs: 'never answers',
  'drops-answers': 'takes it, drops the answer',
};

const acts: readonly (readonly [BreakRequest['what'], string, string])[] = [
  ['kill-bridge', 'kill -9 the bridge', 'Ends the bridge’s process at once; it is started again a second later.'],
  ['silence-redis', 'silence Redis for 3 s', 'Redis answers nobody for three seconds.'],
  ['cut-gateway', 'cut Discord’s connection', 'Closes the gateway’s connection without a word; the bridge resumes it.'],
  ['burst', 'write 500 messages', 'Everybody writes as fast as they can.'],
];

/** The bar under the chats: what may be broken, and what became of every message all the same. */
export interface BreakIt {
  reset(chats: readonly ChatView[], faults: Readonly<Record<string, FaultName>>): void;
  show(faults: Readonly<Record<string, FaultName>>): void;
  count(ledger: LedgerView): void;
}

export function createBreakIt(): BreakIt {
  const faults = element('fieldset', { class: 'faults' });
  const ledger = element('ul', { class: 'ledger', 'aria-label': 'Every copy of every message, counted by the platforms' });
  const selects = new Map<string, HTMLSelectElement>();
  byId('breaking').replaceChildren(faults, element('p', { class: 'acts' }, acts.map(button)), ledger);
  const show = (now: Readonly<Record<string, FaultName>>): void => {
    for (const [platform, select] of selects) select.value = now[platform] ?? 'ok';
  };
  return {
    show,
    reset(chats, now) {
      if (selects.size === 0) {
        for (const { platform, name } of chats) selects.set(platform, chooser(platform, name));
        const labels = chats.flatMap(({ platform, name }) => {
          const select = selects.get(platform);
          return select === undefined ? [] : [element('label', {}, [`${name} `, select])];
        });
        faults.replaceChildren(element('legend', { class: 'visually-hidden' }, ['What each platform does to the bridge']), ...labels);
      }
      show(now);
    },
    count({ written, arrived, underWay, dead, lost }) {
      const entries: readonly (readonly [string, number])[] = [
        ['written', written],
        ['copies arrived', arrived],
        ['on their way', underWay],
        ['dead letters', dead],
        ['lost', lost],
      ];
      ledger.replaceChildren(
        ...entries.map(([name, count]) => element('li', {}, [element('b', {}, [count.toLocaleString()]), ` ${name}`])),
      );
    },
  };
}

function chooser(platform: string, name: string): HTMLSelectElement {
  const options = Object.entries(faultNames).map(([value, words]) => element('option', { value }, [words]));
  const select = element('select', { 'aria-label': `${name}’s API` }, options);
  select.addEventListener('change', () => {
    const fault = Object.keys(faultNames).find((known): known is FaultName => known === select.value);
    if (fault !== undefined) void setFault({ platform, fault });
  });
  return select;
}

function button([what, words, title]: (typeof acts)[number]): HTMLButtonElement {
  const node = element('button', { type: 'button', title }, [words]);
  node.addEventListener('click', () => void breakIt({ what }));
  return node;
}
