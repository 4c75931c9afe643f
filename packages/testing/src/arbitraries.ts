import {
  attachmentKinds,
  conversationId,
  deliveryId,
  eventId,
  everyKind,
  messageId,
  platformId,
  userId,
  type Attachment,
  type Author,
  type Block,
  type Body,
  type BridgeEvent,
  type Capabilities,
  type Delivery,
  type InboundEnvelope,
  type Inline,
  type Support,
} from '@bridge/core';
import fc from 'fast-check';

const hostilePieces = [
  '👩‍👩‍👧‍👦',
  '🏳️‍🌈',
  '🇩🇪',
  'é',
  'नमस्ते',
  'Ω≈ç',
  '漢字かな',
  'مرحبا',
  '\u202Eabc\u202C',
  '<b>',
  '**x**',
  '@everyone',
  '`',
  '\\',
  '&amp;',
  '\n',
  '\n\n',
  '\t',
  '  ',
];

/**
 * Text as people and attackers write it: words, emoji of many code units, scripts from right to left, line breaks,
 * markup of every platform. Always well-formed UTF-16, as JSON from a platform is.
 */
export const textArbitrary: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.lorem({ maxCount: 6 }) },
      { weight: 2, arbitrary: fc.constantFrom(...hostilePieces) },
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    ),
    { maxLength: 6 },
  )
  .map((pieces) => pieces.join(' ').toWellFormed());

const idArbitrary = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const nameArbitrary = fc.oneof(fc.constantFrom('Ana', 'Bo Li', 'Łukasz', '  ', '', 'Ana (Discord)', 'a\nb', '\u202Eevil'), textArbitrary);
/** One of the three platforms that exist. */
export const platformIdArbitrary = fc.constantFrom('cometchat', 'discord', 'telegram').map(platformId);

const children = (tie: fc.LetrecTypedTie<Tree>) => fc.array(tie('inline'), { maxLength: 3 });
const blocks = (tie: fc.LetrecTypedTie<Tree>) => fc.array(tie('block'), { maxLength: 3 });

interface Tree {
  readonly inline: Inline;
  readonly block: Block;
}

const plainInline: fc.Arbitrary<Inline> = textArbitrary.map((text) => ({ type: 'text', text }));
const leafInline: fc.Arbitrary<Inline> = fc.oneof(
  { weight: 5, arbitrary: plainInline },
  textArbitrary.map((text): Inline => ({ type: 'code', text })),
  fc.record({
    type: fc.constant('mention'),
    kind: fc.constantFrom('user', 'role', 'channel', 'everyone'),
    id: idArbitrary,
    label: nameArbitrary,
  }),
  fc.record({ type: fc.constant('custom-emoji'), id: idArbitrary, name: idArbitrary }),
  fc.record({ type: fc.constant('timestamp'), unix: fc.integer({ min: 0, max: 4_000_000_000 }) }),
);
const codeBlock: fc.Arbitrary<Block> = fc.record(
  { type: fc.constant('code-block'), text: textArbitrary, language: idArbitrary },
  { requiredKeys: ['type', 'text'] },
);

const { block } = fc.letrec<Tree>((tie) => ({
  inline: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'body' },
    { weight: 4, arbitrary: leafInline },
    fc.record({ type: fc.constantFrom('bold', 'italic', 'underline', 'strike', 'spoiler'), children: children(tie) }),
    fc.record({ type: fc.constant('link'), href: fc.webUrl({ size: 'small' }), children: children(tie) }),
  ),
  block: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'body' },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('paragraph'), children: children(tie) }) },
    codeBlock,
    fc.record({ type: fc.constant('heading'), level: fc.constantFrom(1, 2, 3), children: children(tie) }),
    fc.record({ type: fc.constant('quote'), children: blocks(tie) }),
    fc.record({
      type: fc.constant('list'),
      ordered: fc.boolean(),
      start: fc.integer({ min: 0, max: 99 }),
      items: fc.array(blocks(tie), { maxLength: 3 }),
    }),
  ),
}));

/** Bodies with every kind of node, nested a few levels; blank and empty ones among them. */
export const bodyArbitrary: fc.Arbitrary<Body> = fc.array(block, { maxLength: 5 });

/** Authors, with names that are empty, broken or imitate somebody among them. */
export const authorArbitrary: fc.Arbitrary<Author> = fc.record(
  { id: idArbitrary.map(userId), name: nameArbitrary, displayName: nameArbitrary, isBot: fc.boolean(), avatar: fc.webUrl() },
  { requiredKeys: ['id', 'name', 'displayName', 'isBot'] },
);

/** Attachments of every kind, with hostile file names among them. */
export const attachmentArbitrary: fc.Arbitrary<Attachment> = fc.record(
  {
    kind: fc.constantFrom(...attachmentKinds),
    name: fc.oneof(fc.constantFrom('cat.png', 'file_12.oga', 'exe\u202Egnp.exe', '../../etc/passwd', ''), nameArbitrary),
    handle: idArbitrary,
    mime: fc.constantFrom('image/png', 'audio/ogg', 'application/octet-stream'),
    bytes: fc.nat(),
    alt: textArbitrary,
  },
  { requiredKeys: ['kind', 'name', 'handle'] },
);

const jsonRecordArbitrary = fc
  .dictionary(idArbitrary, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((record) => JSON.parse(JSON.stringify(record)));
const timestampArbitrary = fc.integer({ min: 0, max: 4_000_000_000_000 }).map((ms) => new Date(ms).toISOString());

const contentArbitrary: fc.Arbitrary<BridgeEvent['content']> = fc.record({
  text: textArbitrary,
  attachments: fc.array(attachmentArbitrary, { maxLength: 3 }),
  metadata: jsonRecordArbitrary,
  body: bodyArbitrary,
});
const noContent: BridgeEvent['content'] = { text: '', attachments: [], metadata: {}, body: [] };
const quoteArbitrary = fc.record(
  { message: idArbitrary.map(messageId), author: nameArbitrary, excerpt: textArbitrary },
  { requiredKeys: ['message'] },
);

type Base = Omit<Extract<BridgeEvent, { readonly type: 'message.deleted' }>, 'type'>;
const baseArbitrary: fc.Arbitrary<Base> = fc
  .record(
    {
      source: platformIdArbitrary,
      message: idArbitrary.map(messageId),
      eventKey: idArbitrary,
      author: authorArbitrary,
      channel: fc.record({
        id: idArbitrary.map(conversationId),
        name: nameArbitrary,
        type: fc.constantFrom('group', 'direct', 'channel', 'thread', 'topic'),
      }),
      timestamp: timestampArbitrary,
      platform: fc.record({ messageUrl: fc.webUrl() }, { requiredKeys: [] }),
      content: contentArbitrary,
      replyTo: quoteArbitrary,
    },
    { requiredKeys: ['source', 'message', 'eventKey', 'author', 'channel', 'timestamp', 'platform', 'content'] },
  )
  .map((base) => ({ ...base, v: 1, id: eventId(base.source, base.message) }));

const emojiArbitrary = fc.constantFrom('👍', '❤️', '👩‍👩‍👧‍👦', ':partyparrot:');

/** Events of all five types; deletes and reactions have an empty content, as the contract says. */
export const eventArbitrary: fc.Arbitrary<BridgeEvent> = fc
  .tuple(baseArbitrary, idArbitrary, emojiArbitrary)
  .chain(([base, revision, emoji]) =>
    fc.constantFrom<BridgeEvent>(
      { ...base, type: 'message.created' },
      { ...base, type: 'message.edited', revision },
      { ...base, type: 'message.deleted', content: noContent },
      { ...base, type: 'reaction.added', emoji, content: noContent },
      { ...base, type: 'reaction.removed', emoji, content: noContent },
    ),
  );

/** Entries of the inbound queue, with any JSON as the platform's own event. */
export const envelopeArbitrary: fc.Arbitrary<InboundEnvelope> = fc.record({
  v: fc.constant(1),
  platform: platformIdArbitrary,
  conversation: idArbitrary.map(conversationId),
  eventKey: idArbitrary,
  receivedAt: fc.nat(),
  raw: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
});

/** Entries of an outbound queue. */
export const deliveryArbitrary: fc.Arbitrary<Delivery> = fc
  .record({
    bridge: idArbitrary,
    platform: platformIdArbitrary,
    conversation: idArbitrary.map(conversationId),
    receivedAt: fc.nat(),
    routedAt: fc.nat(),
    event: eventArbitrary,
  })
  .map((entry) => ({ v: 1, id: deliveryId(entry.event.eventKey, entry.platform, entry.conversation), ...entry }));

/** A table that gives every kind of formatting the same support. */
export function formattingOf(support: Support): Capabilities['text']['formatting'] {
  return {
    bold: support,
    italic: support,
    underline: support,
    strike: support,
    spoiler: support,
    code: support,
    link: support,
    mention: support,
    'custom-emoji': support,
    timestamp: support,
    heading: support,
    quote: support,
    'code-block': support,
    list: support,
  };
}

/** The capabilities of a target that supports everything alike, but for what is named. */
export function capabilitiesWith(support: Support, but: Partial<Capabilities> = {}): Capabilities {
  return {
    text: { maxLength: 2000, unit: 'utf16', formatting: formattingOf(support) },
    attachments: everyKind(support),
    files: {
      how: 'upload',
      maxPerMessage: 10,
      maxBytes: everyKind(1_000_000),
      captionMaxLength: 2000,
      groups: everyKind('any'),
      captionless: [],
    },
    reactionsBy: 'person',
    edit: support,
    delete: support,
    reply: support,
    thread: support,
    reactions: support,
    idempotentSend: false,
    reports: { edits: true, deletes: true, reactions: true },
    ...but,
  };
}
