import type { Capabilities } from './capabilities.ts';
import { type ToldFile, degrade, degradeFormatting, fileLines, isShown, reactionBody, withLabel } from './degrade.ts';
import { type FileGroup, type FilesInput, placeFiles } from './files.ts';
import type { MessageId } from './ids.ts';
import { authorLabel } from './label.ts';
import type { BridgeEvent } from './message.ts';
import { isBlank, paragraphs, plainText } from './plain-text.ts';
import type { Body } from './rich-text.ts';
import { splitBody } from './split.ts';

/** One effect of a delivery; becomes a `Command` with the delivery's id and the step's index. */
export type PlannedStep =
  | {
      readonly type: 'send';
      readonly body: Body;
      readonly label: string;
      /** Attachments of the event, by index, that go with it. */
      readonly files: FileGroup;
      readonly replyTo?: MessageId;
      readonly thread?: MessageId;
    }
  | { readonly type: 'edit'; readonly message: MessageId; readonly shows: 'text' | 'caption'; readonly body: Body; readonly label: string }
  | { readonly type: 'delete'; readonly message: MessageId }
  | { readonly type: 'react'; readonly message: MessageId; readonly emoji: string; readonly on: boolean }
  /** Nothing is left to be done here, but the steps behind it keep their numbers. */
  | { readonly type: 'skip' };

/** Why a delivery has no effect on its target: a short constant, for counting and for `bridge trace`. */
export type NothingReason =
  | 'empty'
  | 'original-not-copied'
  /** There were copies; they are deleted. */
  | 'copy-gone'
  | 'edits-not-supported'
  | 'deletes-not-supported'
  | 'reactions-not-supported';
export type Plan = { readonly steps: readonly PlannedStep[] } | { readonly nothing: NothingReason };

/** One message that shows an event, and what of it: text alone, text beside files, or files alone. */
export interface Copy {
  readonly message: MessageId;
  readonly shows: 'text' | 'caption' | 'file';
}

export interface PlanInput extends FilesInput {
  readonly event: BridgeEvent;
  /** The target's. */
  readonly capabilities: Capabilities;
  /**
   * Attachments by index that could not be had, each with why, in words for readers. They may become known while a delivery
   * is under way: what was planned before keeps its number, and their words come behind everything else.
   */
  readonly unavailable?: ReadonlyMap<number, string>;
  /** `Sender.measure` of the target. */
  measure(body: Body): number;
  /** `Sender.impersonates` of the target conversation: without it the label goes into the first part. */
  readonly impersonates: boolean;
  /** Whether a message in the target conversation can be a reply by itself. */
  readonly replies: boolean;
  /** Display name of the platform that the event comes from. */
  readonly originName: string;
  /** Name of the bridge that it comes through. */
  readonly bridge?: string;
  /** Display names of all platforms. */
  readonly platformNames?: readonly string[];
  /** What stands in the target conversation for the event's message already, in order. */
  readonly copies: readonly Copy[];
  /** What stands there for the message replied to, and for the one that the thread began with. */
  readonly replyTo?: MessageId;
  readonly thread?: MessageId;
  /** `Sender.linkTo` of the target conversation. */
  linkTo?(message: MessageId): string | undefined;
  /** Everybody's reactions to the message, after this event, but for those of the target's own people. */
  readonly reactions?: readonly string[];
}

type Labelled = Pick<PlanInput, 'event' | 'originName' | 'bridge' | 'platformNames' | 'show' | 'impersonates'>;

/** The bodies that tell something on the target, each short enough for one message; none when there is nothing to see. */
function partsOf(body: Body, { capabilities, measure, ...input }: PlanInput, maxLength = capabilities.text.maxLength): readonly Body[] {
  if (isBlank(body)) return [];
  const label = shownLabel(input);
  const labelled = label === undefined ? body : withLabel(body, label);
  return splitBody(degradeFormatting(labelled, capabilities.text.formatting), { fits: (part) => measure(part) <= maxLength });
}

function labelOf({ event: { author }, originName: platform, bridge = '', platformNames: platforms = [platform], show }: Labelled): string {
  return authorLabel({ author, platform, bridge, platforms }, show?.nameTemplate);
}
/** What stands in the text itself because the message does not show it. */
const shownLabel = (input: Labelled): string | undefined => (input.impersonates ? undefined : labelOf(input));

type Send = Extract<PlannedStep, { type: 'send' }>;

/** Where the sends of one event go: all into its thread, the first as the reply. */
function placed(sends: readonly Pick<Send, 'body' | 'files'>[], input: PlanInput): Plan {
  const { replyTo, thread } = anchors(input);
  const label = labelOf(input);
  const steps = sends.map(
    (send, index): Send => ({
      type: 'send',
      label,
      ...send,
      ...(replyTo === undefined || index > 0 ? {} : { replyTo }),
      ...(thread === undefined ? {} : { thread }),
    }),
  );
  return steps.length === 0 ? { nothing: 'empty' } : { steps };
}

/** The messages that a new one hangs on. A platform that shows threads with a loss shows them as replies to where they began. */
function anchors({ capabilities, replies, replyTo, thread }: PlanInput): { readonly replyTo?: MessageId; readonly thread?: MessageId } {
  const into = capabilities.thread === 'full' ? thread : undefined;
  const answered = replies ? (replyTo ?? (capabilities.thread === 'partial' ? thread : undefined)) : undefined;
  return { ...(answered === undefined ? {} : { replyTo: answered }), ...(into === undefined ? {} : { thread: into }) };
}

function words(body: Body, input: PlanInput): Plan {
  const parts = partsOf(body, input);
  return placed(
    parts.map((part) => ({ body: part, files: [] })),
    input,
  );
}

function bodyOf(input: PlanInput, told: ReturnType<typeof placeFiles>['told']): Body {
  const { event, capabilities, replies, replyTo } = input;
  const link = replyTo === undefined ? undefined : input.linkTo?.(replyTo);
  // What is replied to is quoted wherever the message cannot point at it: also when it is from before the bridge.
  const quote = event.replyTo !== undefined && capabilities.reply !== 'none' && !(replies && replyTo !== undefined);
  const quoteLength = input.show?.quoteLength;
  return degrade(event, capabilities, {
    told,
    quote,
    ...(link === undefined ? {} : { quoteLink: link }),
    ...(quoteLength === undefined ? {} : { quoteLength }),
  });
}

/** What stands beside files that have no words of their own: whose they are, where the message does not show it. */
const nameOnly = (input: PlanInput): Body => {
  const label = shownLabel(input);
  return label === undefined ? [] : degradeFormatting(withLabel([], label), input.capabilities.text.formatting);
};

/** Text and files of a new message. The text is the caption of the first files where it is short enough, else it goes before them. */
function planCreated(input: PlanInput): Plan {
  const { files } = input.capabilities;
  const { attachments } = input.event.content;
  const { groups, told } = placeFiles(attachments, input);
  const body = bodyOf(input, told);
  if (groups.length === 0) return words(body, input);
  const captioned = (group: FileGroup): boolean => group.some((index) => !files.captionless.includes(attachments[index]?.kind ?? 'file'));
  const name = nameOnly(input);
  const texts = isBlank(body) ? [name] : partsOf(body, input);
  const [caption = name] = texts;
  const fits = texts.length === 1 && groups.slice(0, 1).every(captioned) && input.measure(caption) <= files.captionMaxLength;
  const before = fits ? [] : texts.filter((text) => !isBlank(text)).map((text) => ({ body: text, files: [] }));
  const beside = (group: FileGroup, index: number): Body => (captioned(group) ? (fits && index === 0 ? caption : name) : []);
  const sends = [...before, ...groups.map((group, index) => ({ body: beside(group, index), files: group }))];
  return withoutFiles(placed(sends, input), name, input);
}

/** Takes the files that could not be had out of their messages, and tells them in words behind all others. */
function withoutFiles(whole: Plan, name: Body, input: PlanInput): Plan {
  const { unavailable, event, capabilities } = input;
  if (unavailable === undefined || unavailable.size === 0 || 'nothing' in whole) return whole;
  const steps = whole.steps.map((step): PlannedStep => {
    if (step.type !== 'send' || !step.files.some((index) => unavailable.has(index))) return step;
    const files = step.files.filter((index) => !unavailable.has(index));
    const says = !isBlank(step.body) && plainText(step.body) !== plainText(name);
    return files.length > 0 || says ? { ...step, files } : { type: 'skip' };
  });
  const told = event.content.attachments.flatMap((attachment, index): ToldFile[] => {
    const note = unavailable.get(index);
    const link = input.linkOf?.(index);
    return note === undefined ? [] : [{ attachment, note, ...(link === undefined ? {} : { link }) }];
  });
  const rest = words(degradeFormatting(fileLines(told), capabilities.text.formatting), input);
  return { steps: [...steps, ...('steps' in rest ? rest.steps : [])] };
}

/** Says at the end of a text that it was edited, where the bridge wants that. */
function withSuffix(body: Body, suffix = ''): Body {
  const last = body.at(-1);
  if (suffix === '' || isBlank(body)) return body;
  const text = { type: 'text', text: suffix } as const;
  if (last?.type !== 'paragraph') return [...body, { type: 'paragraph', children: [text] }];
  return [...body.slice(0, -1), { ...last, children: [...last.children, text] }];
}

/** A copy that an edit has no more text for: taken away where the target can do that, else blanked in words. */
function surplusStep(message: MessageId, label: string, input: PlanInput): PlannedStep {
  return isShown(input.capabilities.delete)
    ? { type: 'delete', message }
    : { type: 'edit', message, shows: 'text', body: paragraphs('(removed)'), label };
}

/** The copies whose text an edit changes. Files without a word beside them get their first caption by it. */
function bearing(copies: readonly Copy[]): readonly Copy[] {
  const shown = copies.filter(({ shows }) => shows !== 'file');
  return shown.length > 0 ? shown : copies.slice(0, 1).map(({ message }) => ({ message, shows: 'caption' as const }));
}

function planEdit(input: PlanInput): Plan {
  const { edit, files, text, attachments } = input.capabilities;
  if (input.copies.length === 0) return { nothing: 'original-not-copied' };
  if (edit === 'none') return { nothing: 'edits-not-supported' };
  // Files stay as they are: an edit changes the words. Those that are told in words are words.
  const shownFiles = input.event.content.attachments.some(({ kind }) => isShown(attachments[kind]));
  const body = withSuffix(bodyOf(input, placeFiles(input.event.content.attachments, input).told), input.show?.editSuffix);
  const targets = bearing(input.copies);
  const caption = targets[0]?.shows === 'caption';
  if (isBlank(body) && !(caption && shownFiles)) return { nothing: 'empty' };
  if (edit === 'text') return words([...paragraphs('edited a message:'), ...body], input);
  const label = labelOf(input);
  const maxLength = caption ? Math.min(files.captionMaxLength, text.maxLength) : text.maxLength;
  const emptied = nameOnly(input);
  const parts = isBlank(body) ? [emptied] : partsOf(body, input, maxLength);
  const { thread } = anchors(input);
  const steps = parts.map((part, index): PlannedStep => {
    const copy = targets[index];
    if (copy === undefined) return { type: 'send', body: part, label, files: [], ...(thread === undefined ? {} : { thread }) };
    return { type: 'edit', message: copy.message, shows: copy.shows === 'caption' ? 'caption' : 'text', body: part, label };
  });
  return {
    steps: [...steps, ...targets.slice(parts.length).map(({ message, shows }) => surplus(message, shows, { label, emptied, input }))],
  };
}

function surplus(
  message: MessageId,
  shows: Copy['shows'],
  { label, emptied, input }: { readonly label: string; readonly emptied: Body; readonly input: PlanInput },
): PlannedStep {
  // Its files are still shown.
  return shows === 'caption' ? { type: 'edit', message, shows, body: emptied, label } : surplusStep(message, label, input);
}

function planDelete(input: PlanInput): Plan {
  if (input.copies.length === 0) return { nothing: 'original-not-copied' };
  if (isShown(input.capabilities.delete)) return { steps: input.copies.map(({ message }) => ({ type: 'delete', message })) };
  return input.capabilities.delete === 'text' ? words(paragraphs('deleted a message'), input) : { nothing: 'deletes-not-supported' };
}

type Reaction = Extract<BridgeEvent, { readonly emoji: string }>;

/** The reaction that many people's become where only one can stand: the most frequent, and of those the latest. */
function foremost(reactions: readonly string[], allowed: (emoji: string) => boolean): string | undefined {
  const counts = new Map<string, number>();
  for (const emoji of reactions.filter(allowed)) counts.set(emoji, (counts.get(emoji) ?? 0) + 1);
  let best: string | undefined;
  for (const emoji of reactions) if (counts.has(emoji) && (counts.get(emoji) ?? 0) >= (counts.get(best ?? '') ?? 0)) best = emoji;
  return best;
}

function planReaction(event: Reaction, input: PlanInput): Plan {
  const { capabilities, copies, reactions = [] } = input;
  if (capabilities.reactions === 'none') return { nothing: 'reactions-not-supported' };
  const message = copies[0]?.message;
  if (message === undefined && isShown(capabilities.reactions)) return { nothing: 'original-not-copied' };
  const { reactionEmoji } = capabilities;
  // A custom emoji, in colons, exists on one platform only.
  const allowed = (emoji: string): boolean => emoji !== '' && !/^:.*:$/s.test(emoji) && (reactionEmoji?.has(emoji) ?? true);
  if (message === undefined || !isShown(capabilities.reactions) || !allowed(event.emoji))
    return words(degradeFormatting(reactionBody(event), capabilities.text.formatting), {
      ...input,
      ...(message === undefined ? {} : { replyTo: message }),
    });
  const { emoji } = event;
  const step = { type: 'react', message } as const;
  if (capabilities.reactionsBy === 'person') return { steps: [{ ...step, emoji, on: event.type === 'reaction.added' }] };
  if (capabilities.reactionsBy === 'emoji') return { steps: [{ ...step, emoji, on: reactions.includes(emoji) }] };
  const left = foremost(reactions, allowed);
  return { steps: [{ ...step, emoji: left ?? emoji, on: left !== undefined }] };
}

/**
 * The steps that carry one delivery out on its target, or why there are none. Pure: the same input gives the same
 * steps, so a delivery that was interrupted goes on where it stopped, as long as it is given the same `copies`.
 */
export function plan(input: PlanInput): Plan {
  const { event } = input;
  switch (event.type) {
    case 'message.created':
      return planCreated(input);
    case 'message.edited':
      return planEdit(input);
    case 'message.deleted':
      return planDelete(input);
    case 'reaction.added':
    case 'reaction.removed':
      return planReaction(event, input);
  }
}
