import type { StepView } from '../protocol.ts';
import { byId, element } from './dom.ts';

/** One row: when it began to wait, when it began to work and when it ended, in milliseconds after the bridge received the event. */
interface Row {
  readonly label: string;
  readonly from: number;
  readonly workFrom: number;
  readonly to: number;
  readonly told: string;
  readonly tone: 'good' | 'warn' | 'bad' | '';
}

/** Draws the path of the newest event; steps of older ones are ignored. */
export function createJourney(names: (platform: string) => string): (step: StepView) => void {
  let current: StepView | undefined;
  const rows = new Map<string, Row>();
  return (step) => {
    if (current && step.receivedAt < current.receivedAt) return;
    if (current?.eventKey !== step.eventKey) {
      current = step;
      rows.clear();
    }
    const row = rowOf(step, names);
    rows.set(row.label, row);
    draw(step, [...rows.values()]);
  };
}

function rowOf(step: StepView, names: (platform: string) => string): Row {
  const since = (at: number | undefined) => Math.max(0, (at ?? step.receivedAt) - step.receivedAt);
  const to = since(step.at);
  if (step.step === 'routed') return { label: 'Routed', from: 0, workFrom: 0, to, told: `${to} ms after it was received`, tone: 'good' };
  if (step.target === undefined) return { label: 'Routed', from: 0, workFrom: 0, to, told: `not carried: ${step.reason ?? 'by a rule'}`, tone: 'warn' };
  const place = { label: names(step.target), from: since(step.routedAt), workFrom: since(step.startedAt), to };
  const waited = Math.max(0, place.workFrom - place.from);
  const times = `waited ${waited} ms, worked ${Math.max(0, to - place.workFrom)} ms`;
  if (step.step === 'delivered') return { ...place, told: `delivered after ${to} ms (${times})${ids(step)}`, tone: 'good' };
  if (step.step === 'waiting') return { ...place, told: `waiting, attempt ${step.attempt ?? 1}: ${step.reason ?? ''}`, tone: 'warn' };
  return { ...place, told: `${step.step}: ${step.reason ?? ''}`, tone: step.step === 'dropped' ? 'warn' : 'bad' };
}

function ids(step: StepView): string {
  return step.messages?.length ? ` as #${step.messages.map((id) => id.slice(-8)).join(', #')}` : '';
}

function draw(step: StepView, rows: readonly Row[]): void {
  const whole = Math.max(1, ...rows.map((row) => row.to));
  const share = (ms: number) => `${(100 * Math.max(0, ms)) / whole}%`;
  const cells = rows.flatMap((row) => [
    element('dt', {}, [row.label]),
    element('dd', { class: 'bar', 'aria-hidden': 'true' }, [
      segment('before', share(row.from)),
      segment('wait', share(row.workFrom - row.from)),
      segment('work', share(row.to - row.workFrom)),
    ]),
    element('dd', { class: `told ${row.tone}` }, [row.told]),
  ]);
  byId('journey-body').replaceChildren(
    element('dl', { class: 'path' }, cells),
    element('p', { class: 'legend' }, [`${describe(step.type)} ${step.event} · grey: waiting its turn · blue: working, with the call to the platform`]),
  );
}

function segment(name: string, width: string): HTMLElement {
  const bar = element('i', { class: name });
  bar.style.width = width;
  return bar;
}

function describe(type: string): string {
  if (type === 'message.edited') return 'Edit of';
  if (type === 'message.deleted') return 'Delete of';
  return 'Message';
}
