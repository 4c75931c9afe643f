import { parseArgs } from 'node:util';
import { type Journey, type JourneyStep, findJourneys, journeyLimits, traceMessage } from '@bridge/runtime';
import { type Io, type Run, UsageError } from '../command.ts';
import { operate } from '../operator.ts';

/** `bridge trace`. */
export const run: Run = async (args, io) => {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  const [first, ...rest] = positionals;
  if (first === undefined) throw new UsageError('Say which message, such as: bridge trace discord 1424612739296530453.');
  return operate(io, async ({ journeys, copies, bridges, platforms }) => {
    const tools = { journeys, copies, bridges, platforms: platforms.map(({ id }) => id) };
    const platform = platforms.find(({ id }) => id === first)?.id;
    const found =
      platform !== undefined && rest[0] !== undefined
        ? await traceMessage(platform, rest.join(' '), tools)
        : await findJourneys(positionals.join(' '), tools);
    if (found.length > 0) io.stdout(`${found.map((journey) => journeyText(journey)).join('\n')}`);
    else nothing(io);
    return found.length > 0 ? 0 : 1;
  });
};

function nothing(io: Io): void {
  const { events, seconds } = journeyLimits;
  io.stderr(
    `Nothing is known of this message. Kept are the last ${seconds / 86_400} days, at most ${events.toLocaleString('en')} messages; one that waits for a router has no journey yet (GET /status counts them).\n`,
  );
}

function journeyText({ event, source, steps }: Journey): string {
  const [first] = steps;
  const received = first === undefined ? '' : `, received ${new Date(first.receivedAt).toISOString()}`;
  const place = source === undefined ? '' : ` in ${source.platform} ${source.conversation}`;
  return `${event}${place}${received}\n${steps.map((step) => `  ${lineOf(step)}\n`).join('')}`;
}

function lineOf(step: JourneyStep): string {
  const after = `+${step.at - step.receivedAt} ms`.padStart(12);
  const target = step.target === undefined ? '' : ` ${step.target.platform} ${step.target.conversation}`;
  const attempt =
    step.attempt === undefined ? '' : `, attempt ${step.attempt}${step.ambiguous === true ? ', an earlier one may have arrived' : ''}`;
  const work = step.startedAt === undefined ? '' : `, ${step.at - step.startedAt} ms of work`;
  return `${after}  ${step.step}${target}${attempt}${work}${whatFor(step)}`;
}

function whatFor({ step, targets, messages = [], messageUrls = [], reason }: JourneyStep): string {
  if (step === 'routed')
    return ` to ${targets?.map(({ platform, conversation }) => `${platform} ${conversation}`).join(', ') ?? 'its targets'}`;
  const receipts = messages.map((id, index) => (messageUrls[index] === undefined ? id : `${id} ${messageUrls[index]}`));
  const as = receipts.length === 0 ? '' : ` as ${receipts.join(', ')}`;
  return `${as}${reason === undefined || reason === '' ? '' : `: ${reason}`}`;
}
