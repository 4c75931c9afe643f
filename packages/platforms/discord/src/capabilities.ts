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
  attachments: everyKind('text'),
  files: {
    how: 'upload',
    maxPerMessage: 10,
    maxBytes: everyKind(10 * 1024 * 1024),
    captionMaxLength: 2000,
    groups: everyKind('any'),
    captionless: [],
  },
  reactionsBy: 'emoji',
  edit: 'full',
  delete: 'full',
  reply: 'text',
  thread: 'full',
  reactions: 'text',
  // Only a bot's own messages have a nonce; webhooks, which carry the names of puppets, have none.
  idempotentSend: false,
  reports: { edits: true, deletes: true, reactions: true },
};
