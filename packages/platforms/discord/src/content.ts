import { isBlank, limitDepth, ofKinds, plainText, type Block, type Body, type Content, type ContentKind, type Inline } from '@bridge/core';
import { attachmentsOf, isPicture } from './attachments.ts';
import { componentLines } from './components.ts';
import { parseMarkdown } from './markdown.ts';
import type { Labels } from './markdown-mentions.ts';
import { withoutMarks } from './marks.ts';
import type { Embed, Emoji, Message, MessageContent, Poll, Raw } from './payload.ts';

const plain = (text: string): Inline => ({ type: 'text', text });
const paragraph = (...children: readonly Inline[]): Block => ({ type: 'paragraph', children });

/** Names for the ids that a message mentions, from its own payload and from what the gateway has seen. */
export function labelsOf(content: MessageContent, names: Pick<Raw, 'channels' | 'roles'>): Labels {
  const users = new Map(content.mentions.map((user) => [user.id, user.member?.nick ?? user.global_name ?? user.username]));
  const channels = new Map(content.mention_channels.map((channel) => [channel.id, channel.name]));
  return {
    user: (id) => users.get(id),
    role: (id) => names.roles?.[id],
    channel: (id) => channels.get(id) ?? names.channels?.[id],
  };
}

/** All that a message says: its text, and in words what other platforms have no like for. */
export function contentOf(message: Message, names: Pick<Raw, 'channels' | 'roles'>): Content {
  const place = { channel: message.channel_id, message: message.id };
  const forwarded = message.message_snapshots.map((snapshot) => snapshot.message);
  const body = limitDepth([
    ...saidIn(message, labelsOf(message, names)),
    ...forwarded.flatMap((one) => forwardedBlocks(one, names, originOf(message, names))),
  ]);
  return {
    text: plainText(body),
    attachments: [message, ...forwarded].flatMap((one) => attachmentsOf(one, place)),
    metadata: {},
    body,
    ...ofKinds(forwarded.length > 0 ? 'forward' : undefined, ...kindsOf(forwarded[0] ?? message)),
  };
}

/** What a message consists of that has neither text nor files. Components are what programs write, as embeds are. */
function kindsOf(content: MessageContent): readonly ContentKind[] {
  if (withoutMarks(content.content ?? '').trim() !== '' || content.attachments.length > 0) return [];
  const polls = content.poll !== undefined || content.embeds.some(({ type }) => type === 'poll_result');
  const embeds = content.embeds.some(({ type }) => type !== 'poll_result') || componentLines(content.components).length > 0;
  const here: readonly (readonly [ContentKind, boolean])[] = [
    ['poll', polls],
    ['sticker', content.sticker_items.length > 0],
    ['embed', embeds],
  ];
  return here.flatMap(([kind, is]) => (is ? [kind] : []));
}

/** The body of one message's own content. */
export function saidIn(content: MessageContent, labels: Labels): Body {
  const source = withoutMarks(content.content ?? '');
  const body = [
    ...parseMarkdown(source, labels),
    ...content.embeds.filter((one) => isSaid(one, source)).flatMap((one) => embedBlocks(one, labels)),
    ...(content.poll === undefined ? [] : pollBlocks(content.poll)),
    ...content.sticker_items.filter((sticker) => !isPicture(sticker)).map(({ name }) => paragraph(plain(`Sticker: ${name ?? 'animated'}`))),
    ...componentLines(content.components).flatMap((line) => parseMarkdown(line, labels)),
  ];
  return isBlank(body) ? [] : body;
}

/** Discord does not tell who wrote what is forwarded, but where. */
function originOf({ message_reference: reference }: Message, { channels }: Pick<Raw, 'channels'>): string {
  const name = channels?.[reference?.channel_id ?? ''];
  return name === undefined ? 'Forwarded' : `Forwarded from #${name}`;
}

function forwardedBlocks(content: MessageContent, names: Pick<Raw, 'channels' | 'roles'>, origin: string): Body {
  const children = saidIn(content, labelsOf(content, names));
  const head = paragraph({ type: 'italic', children: [plain(origin)] });
  return children.length === 0 ? [head] : [head, { type: 'quote', children }];
}

/** An unfurled link only repeats the URL that is in the text already. */
const isSaid = (embed: Embed, source: string): boolean =>
  embed.type === undefined || embed.type === 'rich' || embed.url === undefined || !source.includes(embed.url);

function embedBlocks(embed: Embed, labels: Labels): Body {
  if (embed.type === 'poll_result') return [paragraph(plain(pollResult(embed)))];
  const title: Inline[] = embed.title === undefined ? [] : [{ type: 'bold', children: [plain(embed.title)] }];
  const children: Block[] = [
    ...(embed.author?.name === undefined ? [] : [paragraph(plain(embed.author.name))]),
    ...(embed.url === undefined
      ? title.map((line) => paragraph(line))
      : [paragraph({ type: 'link', href: embed.url, children: title.length === 0 ? [plain(embed.url)] : title })]),
    ...parseMarkdown(embed.description ?? '', labels),
    ...embed.fields.flatMap((field) => [
      paragraph({ type: 'bold', children: [plain(field.name ?? '')] }),
      ...parseMarkdown(field.value ?? '', labels),
    ]),
    ...[embed.image?.url, embed.video?.url].flatMap((url) =>
      url === undefined || url === embed.url ? [] : [paragraph({ type: 'link', href: url, children: [plain(url)] })],
    ),
    ...(embed.footer?.text === undefined ? [] : [paragraph(plain(embed.footer.text))]),
  ];
  const said = children.filter((block) => !isBlank([block]));
  return said.length === 0 ? [] : [{ type: 'quote', children: said }];
}

function pollResult(embed: Embed): string {
  const fields = new Map(embed.fields.map((field) => [field.name, field.value]));
  const winner = fields.get('victor_answer_text');
  return `📊 Poll ended: ${fields.get('poll_question_text') ?? ''}${winner === undefined ? '' : ` – ${winner}`}`;
}

function pollBlocks(poll: Poll): Body {
  const items = poll.answers.map(({ poll_media: media }): Block[] => {
    const icon = emojiText(media?.emoji);
    return [paragraph(plain([icon, media?.text ?? ''].filter((part) => part !== '').join(' ')))];
  });
  const head = paragraph(plain(`📊 Poll: ${poll.question?.text ?? ''}`));
  return items.length === 0 ? [head] : [head, { type: 'list', ordered: false, start: 1, items }];
}

/** A Unicode emoji as it is, a custom one as its name in colons; empty for none. */
export function emojiText(emoji: Emoji | undefined): string {
  if (emoji?.name === undefined || emoji.name === '') return '';
  return emoji.id === undefined ? emoji.name : `:${emoji.name}:`;
}
