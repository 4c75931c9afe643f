import { type Capabilities, everyKind } from '@bridge/core';

/** What Discord shows. Limits and formatting: Discord's API reference, "Create Message" and "Message Formatting". */
export const capabilities: Capabilities = {
  text: {
    maxLength: 2000,
    unit: 'utf16',
    formatting: {
      bold: 'full',
      italic: 'full',
      underline: 'full',
      strike: 'full',
      spoiler: 'full',
      code: 'full',
      link: 'full',
      // Somebody else's user, role or emoji does not exist here, so its name is written.
      mention: 'text',
      'custom-emoji': 'text',
      timestamp: 'full',
      heading: 'full',
      quote: 'full',
      'code-block': 'full',
      list: 'full',
    },
  },
  // A round video loses its shape, a voice message is an audio file, and of a sticker its picture is shown.
  attachments: { ...everyKind('full' as const), voice: 'partial', 'round-video': 'partial', sticker: 'partial' },
  // Source: API reference, "Create Message" and "Uploading Files", where the default limit is 20 MiB since September 2026 (before: 10).
  // Boosted servers take larger files; see `fileLimits`.
  files: {
    how: 'upload',
    maxPerMessage: 10,
    // Of the request's 25 MiB, less what the text and the form itself take.
    maxBytesPerMessage: 24 * 1024 * 1024,
    maxBytes: everyKind(20 * 1024 * 1024),
    captionMaxLength: 2000,
    groups: everyKind('any'),
    captionless: [],
    // Source: API reference, "Sticker Format Types".
    pngStickers: true,
  },
  reactionsBy: 'emoji',
  edit: 'full',
  delete: 'full',
  reply: 'text',
  thread: 'full',
  // The bot puts each emoji there once, for all who chose it.
  reactions: 'partial',
  // Only a bot's own messages have a nonce; webhooks, which carry the names of puppets, have none.
  idempotentSend: false,
  reports: { edits: true, deletes: true, reactions: true },
};
