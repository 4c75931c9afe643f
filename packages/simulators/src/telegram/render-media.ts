import { sniff, type MessageMedia, type StoredFile } from './files.ts';

const named = (file: StoredFile): object => ({ file_name: file.name, mime_type: file.mime });
const framed = { width: 640, height: 480 };

function base(file: StoredFile): object {
  return { file_id: file.id, file_unique_id: file.uniqueId, file_size: file.bytes.length };
}

function sticker({ file, emoji }: MessageMedia): object {
  const found = sniff(file.bytes);
  const kind = { is_animated: found === 'gzip', is_video: found === 'webm' };
  return { ...base(file), type: 'regular', width: 512, height: 512, ...kind, ...(emoji === undefined ? {} : { emoji }) };
}

/** The field of a message that holds its file, as the Bot API has it. */
export function mediaFields(media: MessageMedia): Record<string, unknown> {
  const { kind, file } = media;
  switch (kind) {
    case 'photo':
      return { photo: [{ ...base(file), ...framed }] };
    case 'sticker':
      return { sticker: sticker(media) };
    case 'voice':
      return { voice: { ...base(file), duration: 2, mime_type: file.mime } };
    case 'video_note':
      return { video_note: { ...base(file), duration: 2, length: 240 } };
    case 'audio':
      return { audio: { ...base(file), ...named(file), duration: 2 } };
    case 'document':
      return { document: { ...base(file), ...named(file) } };
    case 'video':
      return { video: { ...base(file), ...named(file), ...framed, duration: 2 } };
    case 'animation':
      // Older clients know animations only as documents, so both are there.
      return { animation: { ...base(file), ...named(file), ...framed, duration: 2 }, document: { ...base(file), ...named(file) } };
  }
}
