import { cleanLine, clip, clipWithEllipsis, oneLine } from './graphemes.ts';
import type { Attachment, AttachmentKind, Quote } from './message.ts';

const maxExcerpt = 120;
const maxFileName = 120;
const maxName = 64;
const maxEmoji = 32;

const kindWords: Readonly<Record<AttachmentKind, string>> = {
  image: '🖼 Image',
  video: '🎬 Video',
  animation: '🎞 GIF',
  audio: '🎵 Audio',
  voice: '🎤 Voice message',
  'round-video': '📹 Video message',
  sticker: 'Sticker',
  file: '📎 File',
};
/** Kinds whose file name is made up by the app that recorded them and tells a reader nothing. */
const unnamed: ReadonlySet<AttachmentKind> = new Set(['voice', 'round-video']);

/** A size in bytes as people read it: `512 B`, `1.2 MB`. Decimal units, as the platforms' apps show them. */
export function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const rounded = (power: number): number => (power === 0 ? Math.round(bytes) : Math.round((bytes / 1000 ** power) * 10) / 10);
  let power = 0;
  while (power < units.length - 1 && rounded(power) >= 1000) power += 1;
  return `${rounded(power)} ${units[power] ?? 'B'}`;
}

/** The first words of a message, on one line of at most `max` graphemes. */
export const excerptOf = (text: string, max = maxExcerpt): string =>
  max === 0 ? '' : clipWithEllipsis(oneLine(text.slice(0, max * 32)), max);

function stickerLine(attachment: Attachment): string {
  const shown = clip(oneLine(attachment.alt ?? ''), maxEmoji) || cleanLine(attachment.name, maxFileName);
  return shown === '' ? kindWords.sticker : `${kindWords.sticker} ${shown}`;
}

/** An attachment in words, such as `🖼 Image: cat.png (1.2 MB)`, with its description where it has one. */
export function attachmentLine(attachment: Attachment): string {
  if (attachment.kind === 'sticker') return stickerLine(attachment);
  const name = unnamed.has(attachment.kind) ? '' : cleanLine(attachment.name, maxFileName);
  const known = attachment.bytes !== undefined && attachment.bytes >= 0 && Number.isFinite(attachment.bytes);
  const size = known ? ` (${humanSize(attachment.bytes ?? 0)})` : '';
  const alt = excerptOf(attachment.alt ?? '');
  return `${kindWords[attachment.kind]}${name === '' ? '' : `: ${name}`}${size}${alt === '' ? '' : ` – ${alt}`}`;
}

/** What a message replies to, in words: `Ana: hello`. */
export function quoteLine(quote: Quote, maxLength = maxExcerpt): string {
  const author = cleanLine(quote.author ?? '', maxName);
  const excerpt = excerptOf(quote.excerpt ?? '', maxLength);
  if (excerpt === '') return author === '' ? 'In reply to an earlier message' : `In reply to ${author}`;
  return author === '' ? excerpt : `${author}: ${excerpt}`;
}

/** A reaction in words: `reacted 👍`, with the beginning of what it is about where that is known. */
export function reactionLine(reaction: { readonly emoji: string; readonly added: boolean; readonly about: string }): string {
  const emoji = clip(oneLine(reaction.emoji), maxEmoji) || 'with an emoji';
  const excerpt = excerptOf(reaction.about);
  const what = reaction.added ? `reacted ${emoji}` : `removed the reaction ${emoji}`;
  if (excerpt === '') return what;
  return `${what} ${reaction.added ? 'to' : 'from'} “${excerpt}”`;
}

const endings: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/quicktime': 'mov',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/mp4': 'm4a',
  'application/pdf': 'pdf',
  'application/x-tgsticker': 'tgs',
  'text/plain': 'txt',
};

/** A file's name as any target may have it: one clean line without a path, with an ending where its type is known. */
export function fileName(name: string, mime: string | undefined): string {
  const own = cleanLine(name.replaceAll(/[\\/:*?"<>|]/g, '_'), maxFileName).replace(/^\.+/, '');
  const base = own === '' ? 'file' : own;
  const ending = endings[mime ?? ''];
  return ending === undefined || /\.[A-Za-z0-9]{1,8}$/.test(base) ? base : `${base}.${ending}`;
}
