import { checkChat, checkMessage, checkTopic } from './access.ts';
import { badRequest } from './api-error.ts';
import { readCaption } from './entities.ts';
import { type MediaKind, type MessageMedia, type StoredFile, sniff } from './files.ts';
import type { Method, MethodContext } from './method.ts';
import { checkReply, flood, notModified } from './methods-messages.ts';
import type { ChatState, FormattedText, StoredMessage } from './model.ts';
import { integer, isObject, json, type JsonObject, type Params, type Upload } from './params.ts';
import { apiMessage } from './render.ts';

const maxPhoto = 10 << 20;
const maxUpload = 50 << 20;
const maxDownload = 20 << 20;

/** Where a message goes, checked as for any send. */
interface Place {
  readonly chat: ChatState;
  readonly threadId?: number;
  readonly replyTo?: number;
}

function placeOf(params: Params, context: MethodContext): Place {
  const chat = checkChat(context.world, params.get('chat_id') ?? '', 'write');
  const threadId = checkTopic(chat, params);
  const replyTo = checkReply(params, chat, context);
  return { chat, ...(threadId === undefined ? {} : { threadId }), ...(replyTo === undefined ? {} : { replyTo }) };
}

/** A file that was uploaded with the call, by its own field or by `attach://`; or one that is there already, by its id. */
function fileOf(named: string | undefined, params: Params, { field, kind, context }: FileQuery): StoredFile {
  const attached = named?.startsWith('attach://') === true ? named.slice('attach://'.length) : field;
  const upload = params.files?.get(attached);
  if (upload === undefined) return existing(named ?? '', context);
  check(upload, kind);
  return context.world.files.keep({ kind, upload });
}

interface FileQuery {
  readonly field: string;
  readonly kind: MediaKind;
  readonly context: MethodContext;
}

function existing(id: string, { world }: MethodContext): StoredFile {
  const file = world.files.byId(id);
  if (file === undefined) throw badRequest(id === '' ? 'there is no file in the request' : 'wrong remote file identifier specified');
  return file;
}

const pictures = new Set<ReturnType<typeof sniff>>(['png', 'jpeg', 'gif', 'webp']);

function check({ name, bytes }: Upload, kind: MediaKind): void {
  if (bytes.length === 0) throw badRequest('file must be non-empty');
  if (bytes.length > maxUpload) throw badRequest('file is too big');
  if (kind !== 'photo') return;
  if (bytes.length > maxPhoto) throw badRequest(`file "${name}" is too big for a photo`);
  if (!pictures.has(sniff(bytes))) throw badRequest('IMAGE_PROCESS_FAILED');
}

/** The server sends what is not of the kind asked for as a plain file. */
const fits: Partial<Readonly<Record<MediaKind, (mime: string, found: ReturnType<typeof sniff>) => boolean>>> = {
  sticker: (_mime, found) => found === 'webp' || found === 'gzip' || found === 'webm',
  voice: (mime, found) => found === 'ogg' || /mpeg|mp4|m4a/.test(mime),
  audio: (mime) => !/wav/.test(mime),
  video: (mime) => !/webm|matroska|msvideo/.test(mime),
  video_note: (mime) => /mp4/.test(mime),
};

function shownAs(kind: MediaKind, file: StoredFile): MediaKind {
  return (fits[kind]?.(file.mime, sniff(file.bytes)) ?? true) ? kind : 'document';
}

/** `sendPhoto` and its like: one file in the field named after its kind. */
function sending(kind: MediaKind, options: { readonly captioned: boolean } = { captioned: true }): Method {
  return (params, context) => {
    const content = options.captioned ? readCaption(params) : { text: '', entities: [] };
    const place = placeOf(params, context);
    const file = fileOf(params.get(kind), params, { field: kind, kind, context });
    flood(context, place.chat);
    const emoji = params.get('emoji');
    const media = { kind: shownAs(kind, file), file, ...(emoji === undefined ? {} : { emoji }) };
    return { result: apiMessage(post(context, place, { content, media })) };
  };
}

interface Shown {
  readonly content: FormattedText;
  readonly media: MessageMedia;
  readonly mediaGroup?: string;
}

function post(context: MethodContext, place: Place, shown: Shown): StoredMessage {
  const message = context.world.append({ ...place, ...shown, author: context.world.bot, viaApi: true });
  context.changed('posted', message);
  return message;
}

const groupKinds: Readonly<Record<string, MediaKind>> = { photo: 'photo', video: 'video', audio: 'audio', document: 'document' };

const sendMediaGroup: Method = (params, context) => {
  const items = mediaItems(params);
  const place = placeOf(params, context);
  const album = items.map((item): Shown => {
    const kind = kindOf(item);
    const fields = new Map(Object.entries(item).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
    const file = fileOf(fields.get('media'), params, { field: '', kind, context });
    return { content: readCaption(fields), media: { kind, file }, mediaGroup: '' };
  });
  for (const _part of album) flood(context, place.chat);
  const mediaGroup = String(Date.now() * 1000 + Number(process.hrtime.bigint() % 1000n));
  return { result: album.map((part) => apiMessage(post(context, place, { ...part, mediaGroup }))) };
};

function mediaItems(params: Params): readonly JsonObject[] {
  const value = json(params, 'media');
  if (!Array.isArray(value)) throw badRequest("can't parse media JSON object");
  if (value.length === 0) throw badRequest('There are no messages to send');
  if (value.length > 10) throw badRequest('Too many messages to send as an album');
  const items = value.filter(isObject);
  if (items.length !== value.length) throw badRequest("can't parse InputMedia: expected an Object");
  const kinds = new Set(items.map(kindOf));
  for (const alone of ['audio', 'document'] as const)
    if (kinds.has(alone) && kinds.size > 1) throw badRequest(`${alone} can't be mixed with other media types`);
  return items;
}

function kindOf(item: JsonObject): MediaKind {
  const kind = groupKinds[String(item['type'])];
  if (kind === undefined) throw badRequest(`can't parse InputMedia: type "${String(item['type'])}" can't be used in an album`);
  return kind;
}

const withoutCaption = new Set<MediaKind>(['sticker', 'video_note']);

const editMessageCaption: Method = (params, context) => {
  const content = readCaption(params);
  const chat = checkChat(context.world, params.get('chat_id') ?? '', 'write');
  const message = checkMessage(chat, integer(params, 'message_id'), 'message to edit');
  if (!message.viaApi || message.service) throw badRequest("Message can't be edited");
  if (message.media === undefined || withoutCaption.has(message.media.kind)) throw badRequest('There is no caption in the message to edit');
  flood(context, chat);
  if (JSON.stringify(message.content) === JSON.stringify(content)) throw badRequest(notModified);
  message.content = content;
  message.editedAt = Date.now();
  context.changed('edited', message);
  return { result: apiMessage(message) };
};

const getFile: Method = (params, { world }) => {
  const file = world.files.byId(params.get('file_id') ?? '');
  if (file === undefined) throw badRequest('wrong file_id or the file is temporarily unavailable');
  if (file.bytes.length > maxDownload) throw badRequest('file is too big');
  return { result: { file_id: file.id, file_unique_id: file.uniqueId, file_size: file.bytes.length, file_path: file.path } };
};

const getUserProfilePhotos: Method = (params, { world }) => {
  const id = integer(params, 'user_id', { min: 0 });
  if (id === 0) throw badRequest('invalid user_id specified');
  if (!world.people.has(String(id)) && id !== world.bot.id) throw badRequest('user not found');
  const photo = world.photos.get(id);
  const size = photo && { file_id: photo.id, file_unique_id: photo.uniqueId, width: 64, height: 64, file_size: photo.bytes.length };
  return { result: { total_count: size === undefined ? 0 : 1, photos: size === undefined ? [] : [[size]] } };
};

/** Methods that carry files. */
export const mediaMethods = {
  sendPhoto: sending('photo'),
  sendVideo: sending('video'),
  sendAnimation: sending('animation'),
  sendAudio: sending('audio'),
  sendVoice: sending('voice'),
  sendVideoNote: sending('video_note', { captioned: false }),
  sendDocument: sending('document'),
  sendSticker: sending('sticker', { captioned: false }),
  sendMediaGroup,
  editMessageCaption,
  getFile,
  getUserProfilePhotos,
};
