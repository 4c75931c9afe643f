import { type Command, DeliveryError, type OutgoingFile } from '@bridge/core';
import { markOf } from './mark.ts';
import { render } from './render.ts';

type Send = Extract<Command, { type: 'send' }>;

/** What CometChat's apps show a file as; all files of a message are of one type. */
type MediaType = 'image' | 'video' | 'audio' | 'file';

const typeByKind: Readonly<Record<OutgoingFile['kind'], MediaType>> = {
  image: 'image',
  sticker: 'image',
  animation: 'image',
  video: 'video',
  'round-video': 'video',
  audio: 'audio',
  voice: 'audio',
  file: 'file',
};

/** Animations and stickers are of many formats; shown as an image, a video or a Lottie file would be a broken one. */
function typeOf({ kind, mime }: OutgoingFile): MediaType {
  const type = typeByKind[kind];
  const major = mime.split('/', 1)[0];
  if (type !== 'image' || major === 'image') return type;
  if (major === 'video') return 'video';
  return kind === 'image' ? 'image' : 'file';
}

function typeFor(files: readonly OutgoingFile[]): MediaType {
  const types = new Set(files.map(typeOf));
  const [only = 'file'] = types;
  return types.size === 1 ? only : 'file';
}

/** Longest name, code units: ten files have to fit the 10 KB of a message. */
const maxName = 60;

function extensionOf({ name, mime }: OutgoingFile): string {
  const named = /\.([a-z\d]{1,10})$/i.exec(name)?.[1];
  const subtype = mime
    .split('/')
    .at(-1)
    ?.replace(/[^a-z\d]/gi, '');
  return (named ?? (subtype || 'bin')).toLowerCase();
}

function shortName(name: string, extension: string): string {
  if (name.length <= maxName) return name || `file.${extension}`;
  return `${name.slice(0, maxName - extension.length - 1).toWellFormed()}.${extension}`;
}

function attachmentOf(file: OutgoingFile) {
  if (file.url === undefined)
    throw new DeliveryError('CometChat takes files as links, and there is no public address to make them of. Set PUBLIC_URL.', {
      kind: 'permanent',
      reason: 'invalid',
    });
  const extension = extensionOf(file);
  return {
    url: file.url,
    name: shortName(file.name, extension),
    mimeType: file.mime || 'application/octet-stream',
    extension,
    // A string in the API's description.
    ...(file.bytes === undefined ? {} : { size: String(file.bytes) }),
  };
}

/** A sticker that is no picture says its emoji. */
function textBeside({ body, files }: Send, type: MediaType): string {
  const text = render(body);
  const [only] = files.length === 1 ? files : [];
  const emoji = only?.kind === 'sticker' && type !== 'image' ? (only.alt ?? '') : '';
  return [text, emoji].filter((part) => part !== '').join('\n');
}

/**
 * Type and data of a message; https://www.cometchat.com/docs/rest-api/messages/send-message
 * @throws {DeliveryError} for a file without a link.
 */
export function contentFor(command: Send): { readonly type: MediaType | 'text'; readonly data: object } {
  const metadata = markOf(command);
  if (command.files.length === 0) return { type: 'text', data: { text: render(command.body), metadata } };
  const type = typeFor(command.files);
  const text = textBeside(command, type);
  return { type, data: { ...(text === '' ? {} : { text }), attachments: command.files.map(attachmentOf), metadata } };
}
