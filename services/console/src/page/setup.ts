import type { FindingView } from '../protocol.ts';
import { postLines } from './api.ts';
import { byId, element } from './dom.ts';
import { some } from './words.ts';

const tones = { pass: 'good', warn: 'warn', fail: 'bad' } as const;
const words = { pass: 'fine', warn: 'look at it', fail: 'wrong' } as const;

/** The doctor's findings, on demand, each as soon as it is known. */
export function createSetup(): void {
  const button = byId('doctor');
  button.addEventListener('click', () => {
    if (!(button instanceof HTMLButtonElement) || button.disabled) return;
    button.disabled = true;
    void check().finally(() => (button.disabled = false));
  });
}

async function check(): Promise<void> {
  const note = byId('doctor-note');
  const place = byId('findings');
  place.replaceChildren();
  note.textContent = 'Checking…';
  const counts = { pass: 0, warn: 0, fail: 0 };
  try {
    for await (const finding of postLines<FindingView>('/api/doctor')) {
      counts[finding.status] += 1;
      listOf(place, finding.about).append(findingNode(finding));
      note.textContent = `Checking… ${some(counts.pass, 'check')} fine so far.`;
    }
  } catch {
    note.textContent = 'The checks were cut off. Try again.';
    return;
  }
  note.textContent = summary(counts);
}

function summary({ pass, warn, fail }: Readonly<Record<'pass' | 'warn' | 'fail', number>>): string {
  if (pass + warn + fail === 0) return 'Nothing was checked.';
  if (warn + fail === 0) return `All is set up right: ${some(pass, 'check')} fine.`;
  return `${some(fail, 'thing')} wrong, ${some(warn, 'thing')} to look at, ${some(pass, 'check')} fine.`;
}

function listOf(place: HTMLElement, about: string): HTMLElement {
  const known = [...place.querySelectorAll('ul')].find((list) => list.getAttribute('aria-label') === about);
  if (known) return known;
  const list = element('ul', { class: 'findings', 'aria-label': about });
  place.append(element('h3', {}, [about]), list);
  return list;
}

function findingNode({ check: name, status, detail, fix }: FindingView): HTMLElement {
  return element('li', { class: 'card' }, [
    element('span', { class: 'dot', 'data-tone': tones[status] }, [`${name}: ${words[status]}`]),
    element('p', {}, [detail]),
    ...(fix === undefined ? [] : [element('p', {}, [element('strong', {}, ['Fix: ']), fix])]),
  ]);
}
