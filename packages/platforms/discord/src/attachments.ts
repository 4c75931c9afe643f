import type { Attachment, AttachmentKind } from '@bridge/core';
import { writeHandle } from './media.ts';
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
    ...content.sticker_items.filter(isPicture).map(stickerOf),
  ];
}

function attachmentOf(file: DiscordAttachment, { channel, message, voice }: Place & { readonly voice: boolean }): Attachment {
  return {
    kind: voice ? 'voice' : kindOf(file),
    name: file.title ?? file.filename ?? 'file',
    handle: writeHandle({ channel, message, attachment: file.id }),
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

/** PNG, APNG, Lottie and GIF. Source: API reference, "Sticker Format Types". */
const stickerFormats: Readonly<Record<number, { readonly mime: string; readonly ending: 'png' | 'gif' }>> = {
  1: { mime: 'image/png', ending: 'png' },
  2: { mime: 'image/apng', ending: 'png' },
  4: { mime: 'image/gif', ending: 'gif' },
};
const lottie = 3;

/** An animation in JSON is shown by Discord's apps alone, so it is told in words. */
export const isPicture = ({ format_type: format }: Sticker): boolean => format !== lottie;

function stickerOf({ id, name = 'sticker', format_type: format }: Sticker): Attachment {
  const { mime, ending } = stickerFormats[format ?? 1] ?? { mime: 'image/png', ending: 'png' };
  return { kind: 'sticker', name: `${name}.${ending}`, handle: writeHandle({ sticker: id, ending }), mime, alt: name };
}
