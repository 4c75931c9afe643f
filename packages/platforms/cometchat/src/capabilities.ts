import { type Capabilities, everyKind } from '@bridge/core';

/**
 * What the REST API can put into a conversation. A message's whole `data` object may have 10 KB, so the text may have
 * 9,000 bytes as JSON writes them and the rest is left to what the bridge adds.
 */
export const capabilities: Capabilities = {
  text: {
    maxLength: 9_000,
    unit: 'byte',
    formatting: {
      bold: 'none',
      italic: 'none',
      underline: 'none',
      strike: 'none',
      spoiler: 'none',
      code: 'none',
      link: 'text',
      mention: 'text',
      'custom-emoji': 'text',
      timestamp: 'text',
      heading: 'text',
      quote: 'text',
      'code-block': 'text',
      list: 'text',
    },
  },
  // Voice messages are audio files there, round videos square ones, stickers pictures.
  attachments: { ...everyKind('full'), voice: 'partial', 'round-video': 'partial', sticker: 'partial' },
  files: {
    how: 'link',
    maxPerMessage: 10,
    maxBytes: everyKind(100_000_000),
    // Ten files with their links have to fit beside it.
    captionMaxLength: 1_500,
    // All files of a message are of one type, which its apps show them as.
    groups: {
      image: 'image',
      animation: 'image',
      sticker: 'image',
      video: 'video',
      'round-video': 'video',
      audio: 'audio',
      voice: 'audio',
      file: 'file',
    },
    captionless: [],
    // Every app of a CometChat customer shows PNG; not every one shows WebP.
    pngStickers: true,
  },
  reactionsBy: 'person',
  edit: 'full',
  delete: 'full',
  // The SDKs can quote a message; the REST API is not documented to.
  reply: 'text',
  thread: 'full',
  reactions: 'full',
  // A repeated muid is not known to be refused.
  idempotentSend: false,
  // Reactions, and some deletes, name only the message; its id is unique in the whole app.
  reports: { edits: true, deletes: true, reactions: true, withoutConversation: true },
};
