import { type Capabilities, everyKind } from '@bridge/core';

/**
 * What a reaction may be, of all emoji: https://core.telegram.org/bots/api#reactiontypeemoji (Bot API 10.1). A chat may
 * allow fewer.
 */
const reactionEmoji: ReadonlySet<string> = new Set(
  (
    '❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡' +
    ' 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡'
  )
    .split(' ')
    // Telegram writes them without the sign that asks for the coloured form, and takes them with it.
    .flatMap((emoji) => [emoji, `${emoji}\ufe0f`, emoji.replace(/^❤(?=\u200d)/, '❤\ufe0f')]),
);

/**
 * What a bot can show in a Telegram chat. Limits: https://core.telegram.org/bots/api#sendmessage and
 * https://core.telegram.org/bots/api#sending-files, text counted after entities are parsed.
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
  attachments: {
    ...everyKind('full'),
    // Only those in Telegram's own formats; others become pictures, animations and files.
    sticker: 'partial',
  },
  files: {
    how: 'upload',
    maxPerMessage: 10,
    maxBytes: everyKind(50_000_000),
    // The limit on an upload holds for the whole request.
    maxBytesPerMessage: 50_000_000,
    captionMaxLength: 1024,
    groups: { ...everyKind(''), image: 'visual', video: 'visual', audio: 'audio', file: 'file' },
    captionless: ['sticker', 'round-video'],
  },
  // One reaction of the bot's on a message, out of a fixed list.
  reactionsBy: 'message',
  reactionEmoji,
  edit: 'full',
  // A bot may remove its own messages; older than 48 h only where it may delete those of others.
  delete: 'partial',
  reply: 'full',
  // A thread is a chain of replies to the message that it began with.
  thread: 'partial',
  reactions: 'partial',
  idempotentSend: false,
  // There is no update for a deleted message.
  reports: { edits: true, deletes: false, reactions: true },
};
