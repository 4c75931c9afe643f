import type { PlatformName } from '../support/world.ts';

/** One delivery, as the sender's log names it. */
export interface DeliveryName {
  readonly bridge: string;
  readonly event: string;
  readonly target: PlatformName;
}

/** What the senders logged of their attempts: one wide line for each. */
export interface Attempts {
  /** Takes what a process writes, in pieces. */
  reader(): (chunk: string) => void;
  /** How many attempts at sending a message knew that an earlier one may have been carried out. */
  ambiguous(name: DeliveryName): number;
  readonly count: number;
  /** By kind of failure. */
  readonly failures: Readonly<Record<string, number>>;
  /** The last warnings and errors of all processes, for a person who looks into a failure. */
  readonly complaints: readonly string[];
}

const keptComplaints = 400;

export function createAttempts(): Attempts {
  const marks = new Map<string, number>();
  const failures: Record<string, number> = {};
  const complaints: string[] = [];
  let count = 0;
  const attempted = (line: Readonly<Record<string, unknown>>): void => {
    count += 1;
    const failure = line['failure'];
    if (typeof failure === 'string') failures[failure] = (failures[failure] ?? 0) + 1;
    if (line['ambiguous'] !== true || line['type'] !== 'message.created') return;
    const name = [line['bridge'], line['event'], line['target']].join(' ');
    marks.set(name, (marks.get(name) ?? 0) + 1);
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
    ambiguous: ({ bridge, event, target }) => marks.get([bridge, event, target].join(' ')) ?? 0,
    get count() {
      return count;
    },
    failures,
    complaints,
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
