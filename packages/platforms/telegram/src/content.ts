import {
  type Attachment,
  attachmentLine,
  type Block,
  type Body,
  type Content,
  type ContentKind,
  type Inline,
  messageId,
  ofKinds,
  plainText,
  type Quote,
} from '@bridge/core';
import { attachmentsOf, richAttachments } from './attachments.ts';
import { authorOf, originName } from './author.ts';
import { parseText } from './entities.ts';
import { inWords, type Service, unknownKind } from './fallback.ts';
import type { Message, Quoted } from './payload.ts';
import { parseRichMessage } from './rich-message.ts';

const line = (...children: readonly Inline[]): Block => ({ type: 'paragraph', children });
const plain = (text: string): Inline => ({ type: 'text', text });

const italic = (text: string): Inline => ({ type: 'italic', children: [plain(text)] });

/** Puts a line before a body, in the same paragraph where there is one. */
function withLine(node: Inline, body: Body): Body {
  const [first, ...others] = body;
  if (first?.type !== 'paragraph') return [line(node), ...body];
  return [line(node, plain('\n'), ...first.children), ...others];
}

/** Text or caption, a rich message's tree, or what the message shows in words. */
function wordsOf(message: Quoted): Body {
  if (message.text !== undefined) return parseText(message.text, message.entities);
  const body = [...parseText(message.caption ?? '', message.caption_entities), ...parseRichMessage(message.rich_message)];
  const shown = inWords(message);
  return shown === undefined ? body : withLine(plain(shown.text), body);
}

/** What the message answers or repeats from elsewhere, which Telegram shows above it. */
function withOrigin(message: Message, body: Body): Body {
  const { forward_origin: forwarded, external_reply: external } = message;
  if (forwarded && isForward(message)) return withLine(italic(`Forwarded from ${originName(forwarded)}`), body);
  if (external) {
    const heading = italic(`In reply to ${external.origin ? originName(external.origin) : 'another chat'}`);
    return message.quote?.text
      ? [line(heading), { type: 'quote', children: [line(plain(message.quote.text))] }, ...body]
      : withLine(heading, body);
  }
  return message.reply_to_story ? withLine(italic('In reply to a story'), body) : body;
}

/** Whether Telegram shows it under its origin: the linked channel's own post appears in its group as a forward from itself. */
const isForward = (message: Message): boolean => message.forward_origin !== undefined && !message.is_automatic_forward;

/** What it is besides text and files; a caption makes it more than that. */
function kindOf(message: Message): ContentKind | undefined {
  if (message.text !== undefined || message.caption) return undefined;
  if (message.rich_message !== undefined) return 'rich';
  return message.sticker === undefined ? inWords(message)?.kind : 'sticker';
}

/** The pictures and the like of a poll and of its options. */
function pollFiles({ poll }: Message): readonly Attachment[] {
  return [poll?.media, ...(poll?.options ?? []).map(({ media }) => media)].flatMap((media) =>
    media === undefined ? [] : attachmentsOf(media),
  );
}

/** What a bot is not given is told in words at once: a link to it would lead nowhere. */
const unreachable = (file: Attachment): Block => line(plain(`${attachmentLine(file)} (to be seen in Telegram only: too large for a bot)`));

/**
 * The content of an ordinary message. `raw` is the same message unparsed, for kinds that are not known here. Files larger than
 * `mostBytes` are words.
 */
export function contentOf(message: Message, raw: Readonly<Record<string, unknown>>, mostBytes: number): Content {
  const files = [...attachmentsOf(message), ...pollFiles(message), ...richAttachments(message.rich_message)];
  const attachments = files.filter(({ bytes = 0 }) => bytes <= mostBytes);
  const words = [...wordsOf(message), ...files.filter((file) => !attachments.includes(file)).map(unreachable)];
  const known = words.length > 0 || attachments.length > 0;
  const body = withOrigin(message, known ? words : [line(plain(unknownKind(raw)))]);
  const kinds = ofKinds(isForward(message) ? 'forward' : undefined, kindOf(message));
  return { text: plainText(body), attachments, metadata: {}, body, ...kinds };
}

/** A service message's content: a sentence without its subject, since the author is shown beside it. */
export const serviceContent = ({ text, kind }: Extract<Service, { readonly text: string }>): Content => ({
  text,
  attachments: [],
  metadata: {},
  body: [line(plain(text))],
  ...ofKinds(kind),
});

/** No content: deletes and reactions. */
export const noContent: Content = { text: '', attachments: [], metadata: {}, body: [] };

const excerptLength = 200;

function excerptOf(quoted: Quoted): string {
  const text = plainText(wordsOf(quoted));
  return text || `[${attachmentsOf(quoted)[0]?.kind ?? 'message'}]`;
}

/** Whose words a copy by this bot holds: its first line, in bold, names the author. */
function copiedFrom({
  text,
  caption,
  entities,
  caption_entities: beside,
}: Quoted): { readonly author: string; readonly excerpt: string } | undefined {
  const shown = text ?? caption ?? '';
  const [label] = text === undefined ? beside : entities;
  if (label?.type !== 'bold' || label.offset !== 0) return undefined;
  const rest = shown.slice(label.length);
  return rest === '' || rest.startsWith('\n') ? { author: shown.slice(0, label.length), excerpt: rest.trim() } : undefined;
}

/**
 * What a message answers. In a forum every message that answers nothing is marked as a reply to the service message
 * that opened the topic.
 */
export function replyOf(message: Message, botId: number): Quote | undefined {
  const quoted = message.reply_to_message;
  if (!quoted) return undefined;
  const opensTopic = quoted.forum_topic_created !== undefined || quoted.message_id === message.message_thread_id;
  if (message.is_topic_message && opensTopic) return undefined;
  // Only bounded here; the core clips it to what a reader needs.
  const copied = quoted.from?.id === botId ? copiedFrom(quoted) : undefined;
  const excerpt = (message.quote?.text || copied?.excerpt || excerptOf(quoted)).slice(0, excerptLength).toWellFormed();
  return { message: messageId(String(quoted.message_id)), author: copied?.author ?? authorOf(quoted).displayName, excerpt };
}
