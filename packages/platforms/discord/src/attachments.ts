import type { Attachment, AttachmentKind } from '@bridge/core';
import type { DiscordAttachment, MessageContent, Sticker } from './payload.ts';

const voiceMessage = 1 << 13;
const kindsByExtension: Readonly<Record<string, AttachmentKind>> = {
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  webp: 'image',
  gif: 'animation',
  mp4: 'video',
  mov: 'video',
  webm: 'video',
  mkv: 'video',
  mp3: 'audio',
  ogg: 'audio',
  wav: 'audio',
  flac: 'audio',
  m4a: 'audio',
};

/** Where the file is found again: its message, since Discord's URLs expire. Parsed by this platform only. */
interface Place {
  readonly channel: string;
  readonly message: string;
}

/** The files and stickers of a message. */
export function attachmentsOf(content: MessageContent, place: Place): Attachment[] {
  const voice = ((content.flags ?? 0) & voiceMessage) !== 0;
  return [
    ...content.attachments.map((file) => attachmentOf(file, { ...place, voice })),
    ...content.sticker_items.map((sticker) => stickerOf(sticker, place)),
  ];
}

function attachmentOf(file: DiscordAttachment, { channel, message, voice }: Place & { readonly voice: boolean }): Attachment {
  return {
    kind: voice ? 'voice' : kindOf(file),
    name: file.title ?? file.filename ?? 'file',
    handle: JSON.stringify({ channel, message, attachment: file.id }),
    ...(file.content_type === undefined ? {} : { mime: file.content_type }),
    ...(file.size === undefined || !Number.isFinite(file.size) ? {} : { bytes: file.size }),
    ...(file.description === undefined || file.description === '' ? {} : { alt: file.description }),
  };
}

function kindOf(file: DiscordAttachment): AttachmentKind {
  const mime = file.content_type ?? '';
  if (mime.startsWith('image/gif')) return 'animation';
  if (mime.startsWith('image/')) return 'image';
  if (mime.startsWith('video/')) return 'video';
  if (mime.startsWith('audio/')) return 'audio';
  if (mime !== '') return 'file';
  return kindsByExtension[/\.(\w{1,5})$/.exec(file.filename ?? '')?.[1]?.toLowerCase() ?? ''] ?? 'file';
}

const stickerMimes: readonly (string | undefined)[] = [undefined, 'image/png', 'image/apng', 'application/json', 'image/gif'];

function stickerOf(sticker: Sticker, { channel, message }: Place): Attachment {
  const mime = stickerMimes[sticker.format_type ?? 0];
  return {
    kind: 'sticker',
    name: sticker.name ?? 'sticker',
    handle: JSON.stringify({ channel, message, sticker: sticker.id }),
    ...(mime === undefined ? {} : { mime }),
  };
}
