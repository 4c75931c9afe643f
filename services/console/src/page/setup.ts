import type { FindingView } from '../protocol.ts';
import { postLines } from './api.ts';
import { byId, element } from './dom.ts';
import { said } from './said.ts';
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
      showFinding(place, finding);
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

/** What was found about one thing: what is wrong first, then what to look at, then, folded up, what is fine. */
function showFinding(place: HTMLElement, finding: FindingView): void {
  const part = partOf(place, finding.about);
  if (finding.status === 'pass') return addFine(part, finding);
  const list = part.querySelector('.findings');
  const node = findingNode(finding);
  if (finding.status === 'fail') list?.insertBefore(node, list.querySelector('[data-status="warn"]'));
  else list?.append(node);
}

function partOf(place: HTMLElement, about: string): HTMLElement {
  const known = [...place.querySelectorAll('section')].find((part) => part.getAttribute('aria-label') === about);
  if (known) return known;
  const fine = element('details', { class: 'fine', hidden: '' }, [
    element('summary', {}, [element('span', { class: 'dot', 'data-tone': 'good' })]),
    element('ul', { 'aria-label': `${about}: fine` }),
  ]);
  const part = element('section', { 'aria-label': about }, [
    element('h3', {}, [about]),
    element('ul', { class: 'findings', 'aria-label': `${about}: to mend` }),
    fine,
  ]);
  place.append(part);
  return part;
}

function addFine(part: HTMLElement, { check: name, detail }: FindingView): void {
  const fine = part.querySelector('details');
  const list = fine?.querySelector('ul');
  const dot = fine?.querySelector('.dot');
  if (!fine || !list || !dot) return;
  list.append(element('li', {}, [element('strong', {}, [name]), ' ', ...said(detail)]));
  dot.textContent = `${some(list.childElementCount, 'check')} fine`;
  fine.hidden = false;
}

function findingNode({ check: name, status, detail, fix }: FindingView): HTMLElement {
  return element('li', { class: 'card', 'data-status': status }, [
    element('span', { class: 'dot', 'data-tone': tones[status] }, [`${name}: ${words[status]}`]),
    element('p', {}, said(detail)),
    ...(fix === undefined ? [] : [element('p', {}, [element('strong', {}, ['Fix: ']), ...said(fix)])]),
  ]);
}
