import type { OpenUrl } from './platform.ts';
import type { AttachmentKind } from './message.ts';

/** Bytes of a file as they come, with what its source said about them. */
export interface MediaStream {
  /** To be read once, or given up by `return()`; either ends the download. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Size in bytes of `body`, where the source tells it. */
  readonly bytes?: number;
  readonly mime?: string;
  /** Set when only a part was asked for and given: its first byte and the size of the whole. */
  readonly part?: { readonly from: number; readonly of: number };
}

/** First and last byte, both included; `last` absent for all that follows. */
export interface ByteRange {
  readonly first: number;
  readonly last?: number;
}

/** A file as it is handed to a platform's sender. */
export interface OutgoingFile {
  readonly kind: AttachmentKind;
  /** Cleaned: no path, no control characters, with an ending. */
  readonly name: string;
  readonly mime: string;
  /** Size in bytes, where the source tells it. */
  readonly bytes?: number;
  /** A description; a sticker's emoji. */
  readonly alt?: string;
  /** A signed link to the file that expires; absent without PUBLIC_URL. */
  readonly url?: string;
  /**
   * Opens the file at its source; each call is a download of its own. The stream ends with a `too-large` error when it is
   * longer than the target's limit.
   * @throws {MediaError} and nothing else; let it through as it is: the file is then told in words.
   */
  open(signal: AbortSignal): Promise<MediaStream>;
}

export type MediaProblem =
  /** Deleted, expired, or never there. */
  | 'gone'
  | 'too-large'
  /** A private address, a scheme other than http and https. */
  | 'refused'
  /** May work later. */
  | 'unavailable';

/** Why a file could not be had. `message` is a sentence without any URL or credential. */
export class MediaError extends Error {
  override readonly name = 'MediaError';
  readonly problem: MediaProblem;
  constructor(message: string, problem: MediaProblem) {
    super(message);
    this.problem = problem;
  }
}

/** For where nothing is to be downloaded. */
export const refuseUrls: OpenUrl = () => Promise.reject(new MediaError('Nothing is downloaded here.', 'refused'));
