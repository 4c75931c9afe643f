import { createHash } from 'node:crypto';
import type { Upload } from './params.ts';

/** Kinds of files of the Bot API, each the name of a message's field. */
export type MediaKind = 'photo' | 'video' | 'animation' | 'audio' | 'voice' | 'video_note' | 'document' | 'sticker';

/** A file as the server keeps it. */
export interface StoredFile extends Upload {
  readonly id: string;
  readonly uniqueId: string;
  /** Below `/file/bot<token>/`. */
  readonly path: string;
  readonly sha256: string;
}

/** What a message shows beside its text. */
export interface MessageMedia {
  readonly kind: MediaKind;
  readonly file: StoredFile;
  /** A sticker's. */
  readonly emoji?: string;
}

/** All files of a simulation. */
export interface FileStore {
  keep(file: { readonly kind: MediaKind; readonly upload: Upload }): StoredFile;
  byId(id: string): StoredFile | undefined;
  byPath(path: string): StoredFile | undefined;
}

const folders: Readonly<Record<MediaKind, string>> = {
  photo: 'photos',
  video: 'videos',
  animation: 'animations',
  audio: 'music',
  voice: 'voice',
  video_note: 'video_notes',
  document: 'documents',
  sticker: 'stickers',
};

/** An empty one. */
export function createFileStore(): FileStore {
  const byId = new Map<string, StoredFile>();
  const byPath = new Map<string, StoredFile>();
  return {
    keep({ kind, upload }) {
      const number = byId.size;
      const ending = /\.\w{1,8}$/.exec(upload.name)?.[0] ?? '';
      const sha256 = createHash('sha256').update(upload.bytes).digest('hex');
      const file: StoredFile = {
        ...upload,
        id: `FILE${number}_${sha256.slice(0, 40)}`,
        uniqueId: `U${sha256.slice(0, 14)}`,
        path: `${folders[kind]}/file_${number}${ending}`,
        sha256,
      };
      byId.set(file.id, file);
      byPath.set(file.path, file);
      return file;
    },
    byId: (id) => byId.get(id),
    byPath: (path) => byPath.get(path),
  };
}

/** What the server finds a file to be by its first bytes, where it looks. */
export function sniff(bytes: Uint8Array): 'png' | 'jpeg' | 'gif' | 'webp' | 'mp4' | 'ogg' | 'webm' | 'gzip' | 'mp3' | undefined {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  if (start.startsWith('\x89PNG')) return 'png';
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (start.startsWith('GIF8')) return 'gif';
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp';
  if (start.slice(4, 8) === 'ftyp') return 'mp4';
  if (start.startsWith('OggS')) return 'ogg';
  if (start.startsWith('\x1a\x45\xdf\xa3')) return 'webm';
  if (start.startsWith('\x1f\x8b')) return 'gzip';
  return start.startsWith('ID3') || /^\xff[\xe0-\xff]/.test(start) ? 'mp3' : undefined;
}
