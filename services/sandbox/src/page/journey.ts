import type { MessageView, StepView } from '../protocol.ts';
import { byId, element } from './dom.ts';
import { type Branch, type Path, withStep } from './path.ts';
import { duration, short } from './words.ts';

/** What the drawing needs to know of the chats. */
export interface Chats {
  name(platform: string): string;
  find(platform: string, id: string): MessageView | undefined;
}

/** The drawn path of the newest event. */
export interface Journey {
  /** Begins again with these steps. */
  reset(steps: readonly StepView[]): void;
  add(step: StepView): void;
}

export function createJourney(chats: Chats): Journey {
  let path: Path | undefined;
  const draw = () => byId('journey').replaceChildren(...(path ? drawing(path, chats) : [nothing()]));
  return {
    reset: (steps) => {
      path = steps.reduce<Path | undefined>(withStep, undefined);
      draw();
    },
    add: (step) => {
      path = withStep(path, step);
      draw();
    },
  };
}

function nothing(): HTMLElement {
  return element('p', { class: 'empty' }, [
    'Nothing has been sent yet. Write something: its path through the bridge is drawn here, with the time that each part takes.',
  ]);
}

function drawing(path: Path, chats: Chats): HTMLElement[] {
  const road = [stop('Received', `from ${chats.name(platformOf(path.event))}`), stop('Routed', routedText(path))];
  const branches = path.branches.length === 0 ? [] : [branchList(path.branches, chats)];
  return [element('p', { class: 'what' }, what(path, chats)), element('div', { class: 'road' }, [...road, ...branches]), legend()];
}

function stop(name: string, detail: string): HTMLElement {
  return element('div', { class: 'stop' }, [element('strong', {}, [name]), element('span', {}, [detail])]);
}

function routedText({ routedMs, dropped, branches }: Path): string {
  if (dropped !== undefined) return `not carried: ${dropped}`;
  if (routedMs === undefined) return 'not yet';
  return branches.length === 0 ? `after ${duration(routedMs)}, to nobody` : `after ${duration(routedMs)}`;
}

function branchList(branches: readonly Branch[], chats: Chats): HTMLElement {
  const longest = Math.max(1, ...branches.map((branch) => branch.waitedMs + branch.workedMs));
  const share = (ms: number) => `${(100 * ms) / longest}%`;
  return element(
    'ul',
    { class: 'branches' },
    branches.map((branch) => {
      const done = branch.waitedMs + branch.workedMs > 0;
      return element('li', { 'data-tone': branch.tone, 'data-platform': branch.platform }, [
        element('strong', {}, [chats.name(branch.platform)]),
        element('span', { class: 'bar', 'aria-hidden': 'true' }, [
          segment('wait', share(branch.waitedMs)),
          segment('work', share(branch.workedMs)),
        ]),
        element('span', { class: 'outcome' }, [
          branch.outcome,
          ...(branch.detail === '' ? [] : [element('span', { class: 'detail' }, [branch.detail])]),
        ]),
        element('span', { class: 'times' }, [done ? `waited ${duration(branch.waitedMs)}, worked ${duration(branch.workedMs)}` : '']),
      ]);
    }),
  );
}

function segment(name: string, width: string): HTMLElement {
  const bar = element('i', { class: name });
  bar.style.width = width;
  return bar;
}

const kinds: Readonly<Record<string, string>> = { 'message.edited': 'changed a message', 'message.deleted': 'deleted a message' };

/** Events are named `<platform>_<message id>`. */
const platformOf = (event: string) => event.slice(0, event.indexOf('_'));

/** Who did what: “Kai in Discord wrote “hello”.” */
function what({ event, type }: Path, chats: Chats): (Node | string)[] {
  const platform = platformOf(event);
  const message = chats.find(platform, event.slice(platform.length + 1));
  const who = element('strong', {}, [message?.author.name ?? 'Somebody']);
  const text = message === undefined || message.text === '' ? '' : ` “${short(message.text, 60)}”`;
  const did = kinds[type] ?? 'wrote';
  return [who, ` ${did} in ${chats.name(platform)}`, text === '' ? '' : `:${text}`, element('span', { class: 'id' }, [event])];
}

function legend(): HTMLElement {
  return element('p', { class: 'legend' }, [
    element('span', {}, [element('i', { class: 'wait' }), 'waiting for its turn']),
    element('span', {}, [element('i', { class: 'work' }), 'working, with the call to the platform']),
  ]);
}
