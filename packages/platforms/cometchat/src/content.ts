import { type Attachment, type AttachmentKind, type Body, type Content, type ContentKind, ofKinds, plainText } from '@bridge/core';
import { cardWords } from './cards.ts';
import { fileHandle, stickerUrl } from './media.ts';
import { parseText } from './mentions.ts';
import type { AttachmentPayload, Inner } from './payload.ts';

const bodyOf = (text: string): Body => (text === '' ? [] : [{ type: 'paragraph', children: [{ type: 'text', text }] }]);
const fromBody = (body: Body, attachments: readonly Attachment[] = []): Content => ({
  text: plainText(body),
  attachments: [...attachments],
  metadata: {},
  body,
});

/** No content: deletes and reactions. */
export const noContent: Content = fromBody([]);
/** Words of the bridge's own, and what they tell of. */
export const plainContent = (text: string, kind?: ContentKind): Content => ({ ...fromBody(bodyOf(text)), ...ofKinds(kind) });

/** The text or caption; one known sender of legacy webhooks has it a level higher. */
export const textOf = (message: Inner): string => message.text ?? message.data?.text ?? '';

// Maps: the types are other people's words, and `constructor` is a key of every object.
const kindsOfType: ReadonlyMap<string, AttachmentKind> = new Map([
  ['image', 'image'],
  ['video', 'video'],
  ['audio', 'audio'],
  ['file', 'file'],
]);

function kindOf(mime: string | undefined, type: string | undefined): AttachmentKind {
  if (mime === 'image/gif') return 'animation';
  const major = mime?.split('/')[0] ?? '';
  return kindsOfType.get(major) ?? kindsOfType.get(type ?? '') ?? 'file';
}

function nameFrom(url: string | undefined): string | undefined {
  const path = /^[a-z]+:\/\/[^/?#]+([^?#]*)/i.exec(url ?? '')?.[1];
  return path?.split('/').at(-1) || undefined;
}

const handleOf = (message: Inner, index: number): string => fileHandle(message.id ?? '', index);

function attachment(message: Inner, file: AttachmentPayload, index: number): Attachment {
  const extension = file.extension ? `.${file.extension.replace(/^\./, '')}` : '';
  return {
    kind: kindOf(file.mimeType, message.type),
    name: file.name || nameFrom(file.url) || `${message.type ?? 'file'}${extension}`,
    handle: handleOf(message, index),
    ...(file.mimeType ? { mime: file.mimeType } : {}),
    ...(file.size === undefined ? {} : { bytes: file.size }),
  };
}

function attachmentsOf(message: Inner): Attachment[] {
  const { attachments = [], url } = message.data ?? {};
  if (attachments.length > 0) return attachments.map((file, index) => attachment(message, file, index));
  const alone: AttachmentPayload = { url, name: undefined, mimeType: undefined, extension: undefined, size: undefined };
  return url === undefined ? [] : [attachment(message, alone, 0)];
}

type Data = Readonly<Record<string, unknown>>;
const words = (value: unknown): string => (typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '');
const valuesOf = (value: unknown): unknown[] => (typeof value === 'object' && value !== null ? Object.values(value) : []);

function location(data: Data): string | undefined {
  const [latitude, longitude] = [Number(data['latitude'] ?? NaN), Number(data['longitude'] ?? NaN)];
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return undefined;
  return `📍 Location: ${latitude.toFixed(5)}, ${longitude.toFixed(5)} https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}`;
}

function poll(data: Data): string | undefined {
  const question = words(data['question']);
  if (question === '') return undefined;
  return [`📊 Poll: ${question}`, ...valuesOf(data['options']).map((option) => `• ${words(option)}`)].join('\n');
}

const linked = (label: string) => (data: Data) => {
  const url = words(data['url'] ?? data['whiteboard_url'] ?? data['document_url'] ?? data['board_url']);
  return `${label}${url.startsWith('https://') ? `: ${url}` : ''}`;
};

/** Custom messages that CometChat's own extensions and kits send. */
const customs: Readonly<Record<string, readonly [ContentKind, (data: Data) => string | undefined]>> = {
  location: ['location', location],
  poll: ['poll', poll],
  extension_poll: ['poll', poll],
  extension_whiteboard: ['custom', linked('🖊 Shared whiteboard')],
  extension_document: ['custom', linked('📄 Shared document')],
  sticker: ['sticker', () => undefined],
  extension_sticker: ['sticker', () => undefined],
  meeting: ['call', () => '📞 started a call (in CometChat)'],
};

const stickerMimes: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
]);

function stickerOf(message: Inner, data: Data): Attachment | undefined {
  if (message.type !== 'sticker' && message.type !== 'extension_sticker') return undefined;
  const url = stickerUrl(data);
  if (url === undefined) return undefined;
  const name = words(data['sticker_name'] ?? data['stickerName'] ?? data['name']);
  const extension = /\.([a-z\d]{2,5})$/i.exec(nameFrom(url) ?? '')?.[1]?.toLowerCase() ?? '';
  const mime = stickerMimes.get(extension);
  return {
    kind: 'sticker',
    name: `${name || 'sticker'}${extension === '' || name.endsWith(`.${extension}`) ? '' : `.${extension}`}`,
    handle: handleOf(message, 0),
    ...(mime === undefined ? {} : { mime }),
    ...(name ? { alt: name } : {}),
  };
}

function customContent(message: Inner): Content {
  const data = message.data?.customData ?? {};
  const sticker = stickerOf(message, data);
  const text = textOf(message);
  if (sticker) return { ...fromBody(parseText(text), [sticker]), ...ofKinds(text === '' ? 'sticker' : undefined) };
  const type = message.type ?? '';
  const [kind, tell] = (Object.hasOwn(customs, type) ? customs[type] : undefined) ?? ['custom', () => undefined];
  const told = tell(data) ?? (text || cardWords(data));
  return plainContent(told ?? `[${type || 'custom'} message: to be seen in CometChat only]`, kind);
}

function otherContent(message: Inner): Content {
  const { interactiveData, card, customData } = message.data ?? {};
  const told = [textOf(message), cardWords(interactiveData, card, customData) ?? ''].filter(Boolean).join('\n');
  const kind = [message.category, message.type].filter(Boolean).join(' ') || 'unknown';
  return plainContent(told || `[${kind} message: to be seen in CometChat only]`, 'custom');
}

/** The content of a message of any category. Files and text are told as they are, the rest in words; never empty. */
export function contentOf(message: Inner): Content {
  if (message.category === 'custom') return customContent(message);
  const attachments = attachmentsOf(message);
  const body = parseText(textOf(message), message.data?.mentions);
  return body.length > 0 || attachments.length > 0 ? fromBody(body, attachments) : otherContent(message);
}
