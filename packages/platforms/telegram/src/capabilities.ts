import { type Capabilities, everyKind } from '@bridge/core';

/**
 * What a bot can show in a Telegram chat. Limits: https://core.telegram.org/bots/api#sendmessage, counted after
 * entities are parsed.
 */
export const capabilities: Capabilities = {
  text: {
    maxLength: 4096,
    unit: 'utf16',
    formatting: {
      bold: 'full',
      italic: 'full',
      underline: 'full',
      strike: 'full',
      spoiler: 'full',
      code: 'full',
      link: 'full',
      'code-block': 'full',
      quote: 'partial',
      heading: 'partial',
      list: 'partial',
      // Written as text, but in a way that notifies nobody by accident.
      mention: 'partial',
      'custom-emoji': 'text',
      timestamp: 'text',
    },
  },
  attachments: everyKind('text'),
  files: {
    how: 'upload',
    maxPerMessage: 10,
    maxBytes: everyKind(50_000_000),
    captionMaxLength: 1024,
    groups: everyKind(''),
    captionless: [],
  },
  reactionsBy: 'message',
  edit: 'full',
  // A bot may remove its own messages; older than 48 h only where it may delete those of others.
  delete: 'partial',
  reply: 'text',
  thread: 'text',
  reactions: 'text',
  idempotentSend: false,
  // There is no update for a deleted message.
  reports: { edits: true, deletes: false, reactions: true },
};
