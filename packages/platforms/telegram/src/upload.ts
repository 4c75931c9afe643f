import { MediaError, type MediaStream, type OutgoingFile } from '@bridge/core';
import { type Api, InputFile } from 'node-telegram-bot-api';
import { type Medium, mediaOf } from './medium.ts';
import type { Rendered } from './render.ts';

/** What goes with the files of one message. */
export interface Shipment {
  readonly files: readonly OutgoingFile[];
  readonly caption: Rendered;
  /** Sent as plain documents, whatever they are. */
  readonly asDocuments: boolean;
  /** Chat, topic and reply. */
  readonly place: Place;
}

/** Where a message goes. */
export interface Place {
  readonly chat_id: number;
  readonly message_thread_id?: number;
  readonly reply_parameters?: { readonly message_id: number; readonly allow_sending_without_reply: boolean };
}

type Sent = { readonly message_id: number; readonly chat: unknown };

/**
 * The files of one request as the client takes them, each opened when its turn has come, so that only one download is under
 * way at a time and nothing is held in memory. Only the first is opened before the request begins: most that cannot be had
 * are found out then.
 */
class Sources {
  /** Why the request was broken off. */
  failure: MediaError | undefined;
  private readonly signal: AbortSignal;
  private waiting: MediaStream | undefined;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** @throws {MediaError} */
  async prepare(first: OutgoingFile): Promise<void> {
    this.waiting = await first.open(this.signal);
  }

  input(file: OutgoingFile): InputFile {
    return new InputFile(() => ReadableStream.from(this.bytes(file)), { filename: file.name, contentType: file.mime });
  }

  private async *bytes(file: OutgoingFile): AsyncGenerator<Uint8Array> {
    try {
      const { body } = this.waiting ?? (await file.open(this.signal));
      this.waiting = undefined;
      yield* body;
    } catch (error) {
      // The error ends the request before its last chunk, so Telegram posts nothing.
      if (error instanceof MediaError) this.failure = error;
      throw error;
    }
  }

  /** Ends the download that no request has taken over. */
  async close(): Promise<void> {
    await this.waiting?.body[Symbol.asyncIterator]().return?.();
    this.waiting = undefined;
  }
}

const caption = ({ text, entities }: Rendered) => (text === '' ? {} : { caption: text, caption_entities: [...entities] });

/**
 * Sends the files of one message, and gives the messages that became of them, in order.
 * @throws {MediaError} unchanged, of a file that could not be had; nothing was posted then.
 */
export async function ship(api: Api, shipment: Shipment, signal: AbortSignal): Promise<readonly Sent[]> {
  const [first] = shipment.files;
  if (first === undefined) return [];
  const sources = new Sources(signal);
  try {
    await sources.prepare(first);
    return await request(api, { ...shipment, sources }, signal);
  } catch (error) {
    throw signal.aborted ? error : (sources.failure ?? error);
  } finally {
    await sources.close();
  }
}

type Request = Shipment & { readonly sources: Sources };

async function request(api: Api, shipment: Request, signal: AbortSignal): Promise<readonly Sent[]> {
  const { files, asDocuments, place, sources } = shipment;
  const media = asDocuments ? files.map((): Medium => 'document') : mediaOf(files);
  const [file] = files;
  if (file === undefined) return [];
  if (files.length === 1) return [await single(api, { ...shipment, file, medium: media[0] ?? 'document' }, signal)];
  const album = files.map((one, index) => ({
    type: groupable(media[index]),
    media: sources.input(one),
    ...(index === 0 ? caption(shipment.caption) : {}),
  }));
  return api.sendMediaGroup({ ...place, media: album }, signal);
}

type Groupable = 'photo' | 'video' | 'audio' | 'document';
const groupable = (medium: Medium | undefined): Groupable =>
  medium === 'photo' || medium === 'video' || medium === 'audio' ? medium : 'document';

type Single = Request & { readonly file: OutgoingFile; readonly medium: Medium };

function single(api: Api, { file, medium, place, caption: words, sources }: Single, signal: AbortSignal): Promise<Sent> {
  const input = sources.input(file);
  const common = { ...place, ...caption(words) };
  switch (medium) {
    case 'photo':
      return api.sendPhoto({ ...common, photo: input }, signal);
    case 'video':
      return api.sendVideo({ ...common, video: input, supports_streaming: true }, signal);
    case 'animation':
      return api.sendAnimation({ ...common, animation: input }, signal);
    case 'audio':
      return api.sendAudio({ ...common, audio: input }, signal);
    case 'voice':
      return api.sendVoice({ ...common, voice: input }, signal);
    case 'document':
      return api.sendDocument({ ...common, document: input }, signal);
    // These two have no caption.
    case 'video_note':
      return api.sendVideoNote({ ...place, video_note: input }, signal);
    case 'sticker':
      return api.sendSticker({ ...place, sticker: input, ...emojiOf(file) }, signal);
  }
}

const emojiOf = ({ alt }: OutgoingFile) => (alt !== undefined && /^\p{Emoji}/u.test(alt) && alt.length <= 16 ? { emoji: alt } : {});
