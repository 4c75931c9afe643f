import { parseArgs } from 'node:util';
import { type LetterFilter, type LetterGroup, type LetterRef, settleLetters } from '@bridge/runtime';
import { type Io, type Run, UsageError } from '../command.ts';
import { type Operated, operate } from '../operator.ts';

const options = {
  queue: { type: 'string' },
  conversation: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  message: { type: 'boolean' },
} as const;

interface Asked {
  readonly filter: LetterFilter;
  readonly all: boolean;
  readonly json: boolean;
  readonly message: boolean;
  readonly queue: string | undefined;
  readonly ids: readonly string[];
}

/** `bridge dead list|show|retry|discard`. */
export const run: Run = async (args, io) => {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [action, queue, ...ids] = positionals;
  const { all = false, json = false, message = false, conversation } = values;
  const asked: Asked = { filter: { queue: values.queue, conversation }, all, json, message, queue, ids };
  switch (action) {
    case 'list':
      return operate(io, (operated) => (all ? listEach(operated, asked, io) : listGroups(operated, asked, io)));
    case 'show':
      return operate(io, (operated) => show(operated, one(asked), { io, message }));
    case 'retry':
    case 'discard':
      if (all === ids.length > 0)
        throw new UsageError(`Name the queue and the ids, or say --all: bridge dead ${action} outbound-discord dead-…`);
      return operate(io, (operated) => settle(operated, action, { asked, io }));
    default:
      throw new UsageError('Say what to do with the dead letters: list, show, retry or discard.');
  }
};

const most = 10_000;

async function listGroups({ desk }: Operated, { filter, json }: Asked, io: Io): Promise<number> {
  const page = await desk.groups({ from: 0, count: most });
  const groups = page.items.filter(
    ({ queue, conversation }) => (filter.queue ?? queue) === queue && (filter.conversation ?? conversation) === conversation,
  );
  if (json) io.stdout(`${JSON.stringify(groups, null, 2)}\n`);
  else if (groups.length === 0) io.stdout('There are no dead letters.\n');
  else io.stdout(`${groups.map((group) => groupText(group)).join('\n')}${unseenText(page.unseen)}`);
  return 0;
}

function groupText({ queue, conversation, why, count, oldestAt, newestAt, waitingBehind, newest }: LetterGroup): string {
  const between = count === 1 ? time(newestAt) : `${time(oldestAt)} to ${time(newestAt)}`;
  return [
    `${count} in ${queue}, conversation ${conversation}`,
    `  why      ${why}`,
    `  when     ${between}`,
    `  behind   ${waitingBehind ?? 0} waiting in this conversation`,
    `  newest   ${newest.id}`,
    '',
  ].join('\n');
}

async function listEach({ desk }: Operated, { filter, json }: Asked, io: Io): Promise<number> {
  const page = await desk.list(filter, { from: 0, count: most });
  if (json) io.stdout(`${JSON.stringify(page.items, null, 2)}\n`);
  else if (page.items.length === 0) io.stdout('There are no dead letters.\n');
  else
    io.stdout(
      `${page.items.map(({ queue, id, conversation, why, diedAt }) => `${time(diedAt)}  ${queue}  ${id}  ${conversation}  ${why}\n`).join('')}${unseenText(page.unseen)}`,
    );
  return 0;
}

const unseenText = (unseen: number): string => (unseen === 0 ? '' : `${unseen} older ones were not looked at.\n`);
const time = (at: number): string => new Date(at).toISOString();

function one({ queue, ids }: Asked): LetterRef {
  const [id] = ids;
  if (queue === undefined || id === undefined) throw new UsageError('Name the queue and the id, as `bridge dead list --all` prints them.');
  return { queue, id };
}

async function show({ desk }: Operated, ref: LetterRef, { io, message }: { readonly io: Io; readonly message: boolean }): Promise<number> {
  const letter = await desk.show(ref);
  if (letter === undefined) {
    io.stderr(`There is no dead letter ${ref.id} in ${ref.queue}; \`bridge dead list --all\` names them.\n`);
    return 1;
  }
  const { message: written, text, ...about } = letter;
  const shown = message ? { ...about, message: written ?? text } : about;
  io.stdout(`${JSON.stringify(shown, null, 2)}\n`);
  return 0;
}

interface Settling {
  readonly asked: Asked;
  readonly io: Io;
}

async function settle({ desk, journeys }: Operated, act: 'retry' | 'discard', { asked, io }: Settling): Promise<number> {
  const { all, filter, queue = '', ids } = asked;
  const refs = all ? await desk.matching(filter) : ids.map((id) => ({ queue, id }));
  const { done, missing } = await settleLetters({ desk, journeys }, act, refs);
  io.stdout(`${done} ${act === 'retry' ? 'put back at the end of their conversations' : 'discarded'}.\n`);
  if (missing > 0) io.stderr(`${missing} ${missing === 1 ? 'is' : 'are'} not there; \`bridge dead list --all\` names them.\n`);
  return missing > 0 ? 1 : 0;
}
