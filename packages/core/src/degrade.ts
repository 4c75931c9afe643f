import type { Capabilities, Support } from './capabilities.ts';
import { limitDepth } from './depth.ts';
import type { Attachment, BridgeEvent } from './message.ts';
import { gapBetween, inlineText, inlinesOfBlock } from './plain-text.ts';
import type { Block, Body, Formatting, Inline } from './rich-text.ts';
import { attachmentLine, quoteLine, reactionLine } from './words.ts';

type FormattingSupport = Readonly<Record<Formatting, Support>>;

/** Whether a platform shows something itself, be it with a loss. */
export const isShown = (support: Support): boolean => support === 'full' || support === 'partial';

const asText = (text: string): Inline => ({ type: 'text', text });
const asParagraph = (text: string): Block => ({ type: 'paragraph', children: [asText(text)] });

function degradeInline(inline: Inline, formatting: FormattingSupport): Inline[] {
  if (inline.type === 'text') return [inline];
  const shown = isShown(formatting[inline.type]);
  if (!('children' in inline)) return [shown ? inline : asText(inlineText(inline))];
  if (!shown && inline.type === 'link') return [asText(inlineText(inline))];
  const children = inline.children.flatMap((child) => degradeInline(child, formatting));
  return shown ? [{ ...inline, children }] : children;
}

function degradeInside(block: Block, formatting: FormattingSupport): Block {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return { ...block, children: block.children.flatMap((child) => degradeInline(child, formatting)) };
    case 'quote':
      return { ...block, children: degradeBlocks(block.children, formatting) };
    case 'list':
      return { ...block, items: block.items.map((item) => degradeBlocks(item, formatting)) };
    case 'code-block':
      return block;
  }
}

function degradeBlock(block: Block, formatting: FormattingSupport): Block {
  const inside = degradeInside(block, formatting);
  if (inside.type === 'paragraph' || isShown(formatting[inside.type])) return inside;
  return { type: 'paragraph', children: inlinesOfBlock(inside) };
}

function degradeBlocks(blocks: readonly Block[], formatting: FormattingSupport): readonly Block[] {
  const result: Block[] = [];
  for (const [index, block] of blocks.entries()) {
    const before = blocks[index - 1];
    const last = result.at(-1);
    const degraded = degradeBlock(block, formatting);
    // Where a line break was enough between two kinds of block, it stays enough once both are paragraphs.
    const joins = before !== undefined && gapBetween(before, block) === '\n' && last?.type === 'paragraph' && degraded.type === 'paragraph';
    if (joins) result.splice(-1, 1, { type: 'paragraph', children: [...last.children, asText('\n'), ...degraded.children] });
    else result.push(degraded);
  }
  return result;
}

/** The body without the formatting that a platform cannot show; every word of it stays, so it reads the same as plain text. */
export const degradeFormatting = (body: Body, formatting: FormattingSupport): Body => degradeBlocks(limitDepth(body), formatting);

/** A file that is told in words: with a link to it where there is one, and why it is not shown where that is worth saying. */
export interface ToldFile {
  readonly attachment: Attachment;
  readonly link?: string;
  readonly note?: string;
}

export interface DegradeOptions {
  /** The files that are told in words; those that the target does not show where absent. */
  readonly told?: readonly ToldFile[];
  /** Whether the message replied to is quoted; where absent, as the target's capabilities have it. */
  readonly quote?: boolean;
  /** Where the message replied to can be seen on the target. */
  readonly quoteLink?: string;
  /** How many characters of it are quoted; 120 where absent, and with 0 there is no quote. */
  readonly quoteLength?: number;
}

function replyBlocks(event: BridgeEvent, capabilities: Capabilities, options: DegradeOptions): Body {
  const { quote = capabilities.reply === 'text', quoteLength } = options;
  if (event.replyTo === undefined || !quote || quoteLength === 0) return [];
  const line = quoteLine(event.replyTo, quoteLength);
  const { quoteLink: href } = options;
  const shown: Block = href === undefined ? asParagraph(line) : { type: 'paragraph', children: [asLink(href, '↪'), asText(` ${line}`)] };
  return [{ type: 'quote', children: [shown] }];
}

/** What a reaction says in words. */
export function reactionBody(event: Extract<BridgeEvent, { readonly emoji: string }>): Body {
  const about = event.replyTo?.excerpt ?? event.content.text;
  return [asParagraph(reactionLine({ emoji: event.emoji, added: event.type === 'reaction.added', about }))];
}

const asLink = (href: string, text: string): Inline => ({ type: 'link', href, children: [asText(text)] });

/** Files in words, a line each. */
export function fileLines(files: readonly ToldFile[]): Body {
  if (files.length === 0) return [];
  const children = files.flatMap(({ attachment, link, note }, index): Inline[] => {
    const line = attachmentLine(attachment);
    const shown = link === undefined ? asText(line) : asLink(link, line);
    return [...(index === 0 ? [] : [asText('\n')]), shown, ...(note === undefined ? [] : [asText(` (${note})`)])];
  });
  return [{ type: 'paragraph', children }];
}

const notShown = (event: BridgeEvent, capabilities: Capabilities): ToldFile[] =>
  event.content.attachments.filter(({ kind }) => capabilities.attachments[kind] === 'text').map((attachment) => ({ attachment }));

/**
 * What an event says on a target, with all that the target cannot show told in words inside the body: the message
 * replied to as a quote before it, files as lines after it, reactions as a sentence. Deletes say nothing.
 */
export function degrade(event: BridgeEvent, capabilities: Capabilities, options: DegradeOptions = {}): Body {
  if (event.type === 'message.deleted') return [];
  const { formatting } = capabilities.text;
  if (event.type === 'reaction.added' || event.type === 'reaction.removed')
    return capabilities.reactions === 'text' ? degradeFormatting(reactionBody(event), formatting) : [];
  const lines = fileLines(options.told ?? notShown(event, capabilities));
  return degradeFormatting([...replyBlocks(event, capabilities, options), ...event.content.body, ...lines], formatting);
}

/**
 * Puts a label in bold on a line of its own before a body, in the first paragraph where there is one, so that it reads
 * `**Ana (CometChat)**`, line break, `hello`, and not as two paragraphs.
 */
export function withLabel(body: Body, label: string): Body {
  const line: Inline = { type: 'bold', children: [asText(label)] };
  const [first, ...others] = body;
  if (first?.type !== 'paragraph') return [{ type: 'paragraph', children: [line] }, ...body];
  return [{ type: 'paragraph', children: [line, asText('\n'), ...first.children] }, ...others];
}
