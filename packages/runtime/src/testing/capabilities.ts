import type { Capabilities } from '@bridge/core';
import { everyKind } from '@bridge/core';

/** A platform that can show everything. Written out, since processes that tests start must not wait for test libraries. */
export const fullCapabilities: Capabilities = {
  text: {
    maxLength: 100,
    unit: 'utf16',
    formatting: {
      bold: 'full',
      italic: 'full',
      underline: 'full',
      strike: 'full',
      spoiler: 'full',
      code: 'full',
      link: 'full',
      mention: 'full',
      'custom-emoji': 'full',
      timestamp: 'full',
      heading: 'full',
      quote: 'full',
      'code-block': 'full',
      list: 'full',
    },
  },
  files: {
    how: 'upload',
    maxPerMessage: 10,
    maxBytes: everyKind(1_000_000),
    captionMaxLength: 1000,
    groups: everyKind('any'),
    captionless: [],
  },
  reactionsBy: 'person',
  attachments: {
    image: 'full',
    video: 'full',
    animation: 'full',
    audio: 'full',
    voice: 'full',
    'round-video': 'full',
    sticker: 'full',
    file: 'full',
  },
  edit: 'full',
  delete: 'full',
  reply: 'full',
  thread: 'full',
  reactions: 'full',
  idempotentSend: false,
  reports: { edits: true, deletes: true, reactions: true },
};
