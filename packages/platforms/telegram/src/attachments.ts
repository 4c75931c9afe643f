import type { Attachment, AttachmentKind } from '@bridge/core';
import { type File, mediaSchema, type Quoted } from './payload.ts';
import { mediaBlocksOf } from './rich-message.ts';

type Medium = {
  readonly field: 'photo' | 'video' | 'animation' | 'audio' | 'voice' | 'video_note' | 'document' | 'sticker';
  readonly kind: AttachmentKind;
  readonly name: string;
  readonly mime?: string;
};

/** What Telegram does not tell: it names no photos, voice messages or stickers. */
const media: readonly (Medium & { readonly field: Exclude<Medium['field'], 'photo'> })[] = [
  { field: 'animation', kind: 'animation', name: 'animation.mp4', mime: 'video/mp4' },
  { field: 'video', kind: 'video', name: 'video.mp4', mime: 'video/mp4' },
  { field: 'audio', kind: 'audio', name: 'audio.mp3', mime: 'audio/mpeg' },
  { field: 'voice', kind: 'voice', name: 'voice.ogg', mime: 'audio/ogg' },
  { field: 'video_note', kind: 'round-video', name: 'video-message.mp4', mime: 'video/mp4' },
  { field: 'sticker', kind: 'sticker', name: 'sticker.webp', mime: 'image/webp' },
  { field: 'document', kind: 'file', name: 'file' },
];

/** How this platform finds the file again: its file id, which only this bot can use. No URL, since that holds the token. */
const handleOf = (file: File): string =>
  JSON.stringify({ file_id: file.file_id, ...(file.file_unique_id ? { file_unique_id: file.file_unique_id } : {}) });

function titleOf(file: File): string | undefined {
  const title = [file.performer, file.title].filter(Boolean).join(' – ');
  return title ? `${title}.mp3` : undefined;
}

/** Static stickers are WebP, animated ones gzipped Lottie, video ones WebM. */
function stickerForm(file: File): { readonly name: string; readonly mime: string } | undefined {
  if (file.is_animated) return { name: 'sticker.tgs', mime: 'application/x-tgsticker' };
  return file.is_video ? { name: 'sticker.webm', mime: 'video/webm' } : undefined;
}

function attachment(file: File, medium: Medium): Attachment {
  const form = medium.kind === 'sticker' ? stickerForm(file) : undefined;
  const mime = file.mime_type ?? form?.mime ?? medium.mime;
  return {
    kind: medium.kind,
    name: file.file_name ?? titleOf(file) ?? form?.name ?? medium.name,
    handle: handleOf(file),
    ...(mime === undefined ? {} : { mime }),
    ...(file.file_size === undefined ? {} : { bytes: file.file_size }),
    ...(file.emoji ? { alt: file.emoji } : {}),
  };
}

/** The largest size of a photo; Telegram lists them by size, but nothing promises it. */
const largest = (sizes: readonly File[]): File | undefined => sizes.toSorted((a, b) => (b.file_size ?? 0) - (a.file_size ?? 0)).at(0);

const still: Medium = { field: 'photo', kind: 'image', name: 'photo.jpg', mime: 'image/jpeg' };

type Files = Pick<Quoted, Medium['field'] | 'live_photo'>;

/** The photo of a message. A live one comes with its still picture as `photo`; the file in `live_photo` itself is a short video. */
function photosOf({ photo, live_photo: live }: Files): Attachment[] {
  const size = largest(photo);
  if (size) return [attachment(size, still)];
  return live ? [attachment(live, { field: 'video', kind: 'video', name: 'live-photo.mp4', mime: 'video/mp4' })] : [];
}

/** The files of a message. An animation comes with the same file as `document`. */
export function attachmentsOf(message: Files): Attachment[] {
  const found = media.flatMap((medium) => {
    const file = message[medium.field];
    return file ? [attachment(file, medium)] : [];
  });
  const files = message.animation ? found.filter((one) => one.kind !== 'file') : found;
  return [...photosOf(message), ...files];
}

/** The files that stand in a rich message, in order. */
export const richAttachments = (value: unknown): Attachment[] =>
  mediaBlocksOf(value).flatMap((block) => {
    const read = mediaSchema.safeParse(block);
    return read.success ? attachmentsOf({ ...read.data, voice: read.data.voice ?? read.data.voice_note }) : [];
  });
