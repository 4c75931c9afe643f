import type { PlatformName } from '../support/world.ts';

/** One delivery, as the sender's log names it. */
export interface DeliveryName {
  readonly bridge: string;
  readonly event: string;
  readonly target: PlatformName;
}

/** What the senders noted of their attempts: a log line for each, and the journeys, which no kill -9 can take away. */
export interface Attempts {
  /** Takes what a process writes, in pieces. */
  reader(): (chunk: string) => void;
  /** Takes a step of a journey. */
  journeyed(step: string): void;
  /** The number of the last attempt at sending a message that knew of an earlier one that may have been carried out; 0 for none. */
  ambiguous(name: DeliveryName): number;
  /** Whether the journeys say how it ended. */
  ended(name: DeliveryName): boolean;
  readonly count: number;
  /** By kind of failure. */
  readonly failures: Readonly<Record<string, number>>;
  /** The last warnings and errors of all processes, for a person who looks into a failure. */
  readonly complaints: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;
const keptComplaints = 400;

export function createAttempts(): Attempts {
  const marks = new Map<string, number>();
  const ends = new Set<string>();
  const failures: Record<string, number> = {};
  const complaints: string[] = [];
  let count = 0;
  const mark = (fields: Fields, target: unknown): string => {
    const name = [fields['bridge'], fields['event'], target].join(' ');
    if (fields['ambiguous'] === true && fields['type'] === 'message.created')
      marks.set(name, Math.max(marks.get(name) ?? 0, Number(fields['attempt'])));
    return name;
  };
  const attempted = (line: Fields): void => {
    count += 1;
    const failure = line['failure'];
    if (typeof failure === 'string') failures[failure] = (failures[failure] ?? 0) + 1;
    mark(line, line['target']);
  };
  const take = (text: string): void => {
    const line = parse(text);
    if (line?.['msg'] === 'delivery.attempted') attempted(line);
    else if (line?.['level'] !== 'info' && text !== '') complaints.push(text.slice(0, 500));
    if (complaints.length > 2 * keptComplaints) complaints.splice(0, keptComplaints);
  };
  return {
    reader() {
      let rest = '';
      return (chunk) => {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) take(line);
      };
    },
    journeyed(text) {
      const step = parse(text) ?? {};
      const target = step['target'];
      if (typeof target !== 'object' || target === null || !('platform' in target)) return;
      const name = mark(step, target.platform);
      if (step['step'] === 'delivered' && step['type'] === 'message.created') ends.add(name);
    },
    ambiguous: (name) => marks.get(nameOf(name)) ?? 0,
    ended: (name) => ends.has(nameOf(name)),
    get count() {
      return count;
    },
    failures,
    complaints,
  };
}

const nameOf = ({ bridge, event, target }: DeliveryName): string => [bridge, event, target].join(' ');

function parse(line: string): Fields | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
