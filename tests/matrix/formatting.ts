import type { PlatformName } from '../support/world.ts';

/** How a piece of formatting is written on Discord, which has all of them, and what has to be seen of it elsewhere. */
export interface Written {
  /** Around `words`, which each proof makes its own. */
  markdown(words: string): string;
  /** Where it is shown: what the platform's own form of it has. */
  readonly native: {
    discord(words: string): string;
    /** The type of the entity; absent where Telegram has none, and it is written in signs instead. */
    readonly telegram?: string;
    telegramText?(words: string): string;
  };
  /** Where it is told in words. */
  told(words: string): string;
}

const wrapped = (sign: string, telegram: string): Written => ({
  markdown: (words) => `${sign}${words}${sign}`,
  native: { discord: (words) => `${sign}${words}${sign}`, telegram },
  told: (words) => words,
});

/** By the label of the row. */
export const formattings: Readonly<Record<string, Written>> = {
  Bold: wrapped('**', 'bold'),
  Italic: wrapped('*', 'italic'),
  Underline: wrapped('__', 'underline'),
  Strike: wrapped('~~', 'strikethrough'),
  Spoiler: wrapped('||', 'spoiler'),
  Code: wrapped('`', 'code'),
  Link: {
    markdown: (words) => `[${words}](https://example.com/a)`,
    native: { discord: (words) => `[${words}](https://example.com/a)`, telegram: 'text_link' },
    told: (words) => `${words} (https://example.com/a)`,
  },
  Mention: {
    markdown: (words) => `${words} <@1300000000000000001>`,
    // With a sign after the @ that keeps it from being anybody's name there.
    native: { discord: (words) => `${words} <@1300000000000000001>`, telegramText: (words) => `${words} @\u2060Kai` },
    told: (words) => `${words} @Kai`,
  },
  'Custom emoji': {
    markdown: (words) => `${words} <:wave:1400000000000000001>`,
    native: { discord: (words) => `${words} <:wave:1400000000000000001>`, telegram: 'custom_emoji' },
    told: (words) => `${words} :wave:`,
  },
  Timestamp: {
    markdown: (words) => `${words} <t:1700000000>`,
    native: { discord: (words) => `${words} <t:1700000000>` },
    told: (words) => `${words} 2023-11-14T22:13Z`,
  },
  Heading: {
    markdown: (words) => `# ${words}`,
    native: { discord: (words) => `# ${words}`, telegram: 'bold' },
    told: (words) => words,
  },
  Quote: {
    markdown: (words) => `> ${words}`,
    native: { discord: (words) => `> ${words}`, telegram: 'blockquote' },
    told: (words) => `> ${words}`,
  },
  'Code block': {
    markdown: (words) => `\`\`\`ts\n${words}\n\`\`\``,
    native: { discord: (words) => `\`\`\`ts\n${words}\n\`\`\``, telegram: 'pre' },
    told: (words) => words,
  },
  List: {
    markdown: (words) => `- ${words}\n- more`,
    native: { discord: (words) => `- ${words}\n- more`, telegramText: (words) => `• ${words}\n• more` },
    told: (words) => `- ${words}\n- more`,
  },
};

/** How each platform shows a kind of file: its own word for it, and whether something of it is lost. */
export interface ShownAs {
  readonly kind: string;
  readonly lossy?: true;
}

/** By the label of the row. A round video of Telegram's has no like on the others, and so on. */
export const shownAs: Readonly<Record<string, Readonly<Record<PlatformName, ShownAs>>>> = {
  Image: { cometchat: { kind: 'image' }, discord: { kind: 'image' }, telegram: { kind: 'photo' } },
  Video: { cometchat: { kind: 'video' }, discord: { kind: 'video' }, telegram: { kind: 'video' } },
  Animation: { cometchat: { kind: 'video' }, discord: { kind: 'video' }, telegram: { kind: 'animation' } },
  Audio: { cometchat: { kind: 'audio' }, discord: { kind: 'audio' }, telegram: { kind: 'audio' } },
  Voice: { cometchat: { kind: 'audio', lossy: true }, discord: { kind: 'audio', lossy: true }, telegram: { kind: 'voice' } },
  'Round video': { cometchat: { kind: 'video', lossy: true }, discord: { kind: 'video', lossy: true }, telegram: { kind: 'video_note' } },
  Sticker: {
    cometchat: { kind: 'image', lossy: true },
    discord: { kind: 'image', lossy: true },
    // Its own stay stickers; those of others become pictures.
    telegram: { kind: 'sticker', lossy: true },
  },
  File: { cometchat: { kind: 'file' }, discord: { kind: 'file' }, telegram: { kind: 'document' } },
};

/** What a person on Telegram, which has all kinds, sends: kind, name and type. */
export const sentAs: Readonly<Record<string, readonly [kind: string, name: string, mime: string]>> = {
  Image: ['image', 'cat.png', 'image/png'],
  Video: ['video', 'cat.mp4', 'video/mp4'],
  Animation: ['animation', 'cat.mp4', 'video/mp4'],
  Audio: ['audio', 'cat.mp3', 'audio/mpeg'],
  Voice: ['voice', 'voice.ogg', 'audio/ogg'],
  'Round video': ['round-video', 'round.mp4', 'video/mp4'],
  Sticker: ['sticker', 'sticker.webp', 'image/webp'],
  File: ['file', 'cat.bin', 'application/octet-stream'],
};
