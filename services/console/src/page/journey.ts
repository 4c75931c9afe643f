import type { JourneyView, StepView } from '../protocol.ts';
import { element } from './dom.ts';
import type { Keyed } from './keyed.ts';
import { setTime, timeNode } from './times.ts';
import { duration } from './words.ts';

const kinds: Readonly<Record<string, string>> = {
  'message.created': 'message',
  'message.edited': 'edit of',
  'message.deleted': 'deletion of',
  'reaction.added': 'reaction to',
  'reaction.removed': 'removed reaction to',
};

/** One message as a line that opens to its steps. */
export const journeys = (open: boolean): Keyed<JourneyView> => ({
  key: ({ event, conversation, receivedAt, type }) => JSON.stringify([event, conversation, receivedAt, type]),
  create: (journey) => {
    const node = element('details', { class: 'card journey' }, [
      element('summary', {}, [
        element('span', {}, [
          `${journey.platform} ${kinds[journey.type] ?? journey.type} `,
          element('span', { class: 'id' }, [idOf(journey)]),
        ]),
        element('span', { class: 'dot' }),
        timeNode(journey.receivedAt),
      ]),
      element('ol', { class: 'steps', 'aria-label': 'Steps' }),
    ]);
    node.open = open;
    return node;
  },
  update: (node, journey) => {
    const { tone, word } = outcome(journey);
    const dot = node.querySelector('.dot');
    dot?.setAttribute('data-tone', tone);
    if (dot && dot.textContent !== word) dot.textContent = word;
    const time = node.querySelector('time');
    if (time) setTime(time, journey.receivedAt);
    const list = node.querySelector('ol');
    if (!list || list.dataset['count'] === String(journey.steps.length)) return;
    list.dataset['count'] = String(journey.steps.length);
    list.replaceChildren(received(), ...journey.steps.map((step) => stepNode(journey, step)));
  },
});

const idOf = ({ event }: JourneyView): string => event.slice(event.indexOf('_') + 1);

/** Where it stands, from the last thing that happened on each way. */
function outcome({ steps }: JourneyView): { readonly tone: string; readonly word: string } {
  const last = new Map<string, StepView>();
  for (const step of steps) last.set(`${step.target ?? ''} ${step.conversation ?? ''}`, step);
  const routed = steps.find(({ step }) => step === 'routed');
  const ends = [...last.values()].filter((step) => step.target !== undefined);
  const whole = last.get(' ');
  if (ends.length === 0 && whole?.step === 'dropped') return { tone: 'idle', word: 'not carried' };
  const at = (name: string) => ends.filter(({ step }) => step === name).map(({ target }) => target ?? '');
  const dead = at('dead-lettered');
  if (dead.length > 0) return { tone: 'bad', word: `not delivered to ${dead.join(', ')}` };
  const waiting = [...at('waiting'), ...at('retried')];
  if (waiting.length > 0) return { tone: 'warn', word: `waiting for ${waiting.join(', ')}` };
  const delivered = at('delivered');
  const open = (routed?.targets?.length ?? 0) - ends.length;
  if (open > 0) return { tone: 'warn', word: 'on its way' };
  return delivered.length > 0 ? { tone: 'good', word: `delivered to ${delivered.join(', ')}` } : { tone: 'idle', word: 'nothing to carry' };
}

const received = () => element('li', {}, [element('span', { class: 'after' }, ['0 ms']), element('span', {}, ['received'])]);

function stepNode(journey: JourneyView, step: StepView): HTMLElement {
  const after = element('span', { class: 'after', title: new Date(step.at).toISOString() }, [`+${duration(step.at - journey.receivedAt)}`]);
  return element('li', {}, [after, element('span', {}, wordsOf(step))]);
}

function wordsOf(step: StepView): (Node | string)[] {
  const place = step.target === undefined ? '' : ` ${step.target}`;
  const more = (text: string) => element('span', { class: 'more' }, [text]);
  const attempt = (step.attempt ?? 1) > 1 ? `, attempt ${step.attempt}` : '';
  const took = step.startedAt === undefined ? '' : `, ${duration(step.at - step.startedAt)} of work`;
  const why = step.reason === undefined || step.reason === '' ? [] : [': ', more(step.reason)];
  switch (step.step) {
    case 'routed':
      return [
        `routed to ${step.targets?.join(', ') ?? 'its targets'}`,
        more(step.bridge === undefined ? '' : ` by the bridge ${step.bridge}`),
      ];
    case 'delivered':
      return [`delivered to${place}`, more(`${attempt}${took}`), ...receipts(step)];
    case 'waiting':
      return [`${place.trim()} did not take it${attempt}; it is tried again`, ...why];
    case 'dead-lettered':
      return [`given up for${place}${attempt}`, ...why];
    case 'dropped':
      return [step.target === undefined ? 'not carried' : `nothing to do for${place}`, ...why];
    case 'retried':
      return [`put back for${place} by a person`];
    case 'discarded':
      return [`discarded for${place} by a person`];
    default:
      return [step.step, place, ...why];
  }
}

/** The messages that came to be, with links to them where the platform has links. */
function receipts({ messages, urls }: StepView): (Node | string)[] {
  return messages.flatMap((id, index) => {
    const url = urls[index] ?? '';
    const name = `#${id}`;
    const node = /^https?:\/\//.test(url)
      ? element('a', { href: url, class: 'id', target: '_blank', rel: 'noopener noreferrer' }, [name])
      : element('span', { class: 'id' }, [name]);
    return [index === 0 ? ' as ' : ', ', node];
  });
}
