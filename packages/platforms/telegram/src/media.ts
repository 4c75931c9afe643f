import { type ByteRange, type DeliveryError, MediaError, type MediaStream, type OpenUrl, type PlatformInstance } from '@bridge/core';
import { TelegramApiError } from 'node-telegram-bot-api';
import { z } from 'zod';
import type { Client } from './api.ts';
import { type Brief, createBrief } from './brief.ts';
import type { TelegramSettings } from './config.ts';
import { toDeliveryError } from './failures.ts';

/**
 * The largest file that a bot can fetch, bytes: https://core.telegram.org/bots/api#getfile has 20 MB, in powers of two as the
 * official server counts; a Bot API server of one's own may have none.
 */
export const mostBytesFrom = (apiUrl: string): number => (new URL(apiUrl).hostname === 'api.telegram.org' ? 20 << 20 : Infinity);

/** What handles are minted from: a file of a message, or whose picture it is. */
const handleSchema = z.union([z.object({ file_id: z.string() }), z.object({ user: z.int() }), z.object({ chat: z.int() })]);
type Handle = z.infer<typeof handleSchema>;

interface MediaOptions {
  readonly client: Client;
  readonly values: Pick<TelegramSettings, 'apiUrl' | 'botToken'>;
  readonly openUrl: OpenUrl;
}

interface Opening {
  readonly signal: AbortSignal;
  readonly range?: ByteRange;
}

// A path is good for an hour at least (https://core.telegram.org/bots/api#getfile); pictures change when people change them.
const paths = { forMs: 600_000, most: 1_000 };
const pictures = { forMs: 300_000, most: 1_000 };

/**
 * Opens files and pictures by asking Telegram for an address each time that the last one may have expired. The address holds
 * the bot's token: it is used here and goes nowhere else.
 */
export function createOpenMedia(options: MediaOptions): NonNullable<PlatformInstance['openMedia']> {
  const desk = new Desk(options);
  return (text, opening) => desk.open(text, opening);
}

class Desk {
  private readonly options: MediaOptions;
  private readonly paths: Brief<string> = createBrief(paths);
  private readonly pictures: Brief<string> = createBrief(pictures);

  constructor(options: MediaOptions) {
    this.options = options;
  }

  async open(text: string, opening: Opening): Promise<MediaStream> {
    const file = await this.fileOf(handleOf(text), opening.signal);
    try {
      return await this.download(file, opening);
    } catch (error) {
      if (!(error instanceof MediaError) || error.problem !== 'gone') throw error;
      // The address may have expired before its time.
      this.paths.forget(file);
      return this.download(file, opening);
    }
  }

  private async download(file: string, { signal, range }: Opening): Promise<MediaStream> {
    const { values, openUrl } = this.options;
    const path = await this.paths.get(file, () => this.asked(signal, () => this.pathOf(file, signal)));
    const root = values.apiUrl.replace(/\/+$/, '');
    const url = new URL(`${root}/file/bot${values.botToken}/${path.split('/').map(encodeURIComponent).join('/')}`);
    const stream = await openUrl(url, { signal, trusted: true, ...(range === undefined ? {} : { range }) });
    return typed(stream, path);
  }

  private async pathOf(file: string, signal: AbortSignal): Promise<string> {
    const { file_path: path } = await this.options.client.api.getFile({ file_id: file }, signal);
    if (path === undefined || path === '') throw gone();
    // With --local, a Bot API server answers with a path on its own disk.
    if (path.startsWith('/'))
      throw new MediaError(
        'The Bot API server keeps files on its own disk; run it without --local, so that they can be fetched.',
        'refused',
      );
    return path;
  }

  private fileOf(handle: Handle, signal: AbortSignal): Promise<string> {
    if ('file_id' in handle) return Promise.resolve(handle.file_id);
    return this.pictures.get(JSON.stringify(handle), () =>
      this.asked(signal, () => ('user' in handle ? this.personPicture(handle.user, signal) : this.chatPicture(handle.chat, signal))),
    );
  }

  private async personPicture(user: number, signal: AbortSignal): Promise<string> {
    const { photos } = await this.options.client.api.getUserProfilePhotos({ user_id: user, limit: 1 }, signal);
    const sizes = photos[0]?.toSorted((a, b) => a.width - b.width) ?? [];
    // The largest is more than an avatar needs.
    const fitting = sizes.find(({ width }) => width >= avatarWidth) ?? sizes.at(-1);
    if (fitting === undefined) throw noPicture();
    return fitting.file_id;
  }

  private async chatPicture(chat: number, signal: AbortSignal): Promise<string> {
    const { photo } = await this.options.client.api.getChat({ chat_id: chat }, signal);
    if (photo === undefined) throw noPicture();
    return photo.big_file_id;
  }

  /** @throws {MediaError} for whatever Telegram refuses. */
  private async asked<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw error instanceof MediaError ? error : problemOf(error, toDeliveryError(error, signal, this.options.client.scrub));
    }
  }
}

const avatarWidth = 256;
const gone = (): MediaError => new MediaError('Telegram does not have the file any more.', 'gone');
const noPicture = (): MediaError => new MediaError('There is no picture, or it is not shown to bots.', 'gone');

function handleOf(text: string): Handle {
  try {
    return handleSchema.parse(JSON.parse(text));
  } catch {
    throw new MediaError('This is no handle of a file in Telegram.', 'gone');
  }
}

function problemOf(error: unknown, told: DeliveryError): MediaError {
  const description = error instanceof TelegramApiError ? String(error.description) : '';
  // https://core.telegram.org/bots/api#getfile: "bots can download files of up to 20MB in size".
  if (/too big/i.test(description))
    return new MediaError('Telegram lets a bot fetch files of up to 20 MB; a Bot API server of your own lifts that.', 'too-large');
  return told.failure.kind === 'permanent' ? gone() : new MediaError(`Telegram did not give the file: ${told.message}`, 'unavailable');
}

const endings: ReadonlyMap<string, string> = new Map([
  ['jpg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
]);

/** Telegram serves most files as bytes of no type; then the event's own word on it is the better one. */
function typed(stream: MediaStream, path: string): MediaStream {
  const { mime, ...rest } = stream;
  if (mime !== undefined && mime !== 'application/octet-stream') return stream;
  const told = endings.get(path.split('.').at(-1) ?? '');
  return told === undefined ? rest : { ...rest, mime: told };
}
