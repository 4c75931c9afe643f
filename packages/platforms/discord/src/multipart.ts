import { randomBytes } from 'node:crypto';
import { MediaError } from '@bridge/core';
import type { OutgoingFile } from '@bridge/core';

/** What is uploaded, and the JSON beside it. */
export interface MultipartParts {
  readonly payload: object;
  readonly files: readonly OutgoingFile[];
}

/**
 * A message with files as one form: `payload_json` and `files[n]`. Source: API reference, "Uploading Files". Files are opened one
 * after the other as the form is read, and pass through a piece at a time.
 */
export class Multipart {
  readonly #boundary = `bridge-${randomBytes(12).toString('hex')}`;
  readonly #parts: MultipartParts;

  constructor(parts: MultipartParts) {
    this.#parts = parts;
  }

  get contentType(): string {
    return `multipart/form-data; boundary=${this.#boundary}`;
  }

  /**
   * The form's bytes. Ends early, with an error, when a file does; an unfinished form is nothing that Discord acts upon.
   * @throws {MediaError} of the file that cannot be had.
   */
  async *read(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { payload, files } = this.#parts;
    yield this.#head('name="payload_json"', 'application/json');
    yield Buffer.from(JSON.stringify(payload));
    for (const [index, file] of files.entries()) {
      const { body, bytes } = await file.open(signal);
      yield this.#head(`name="files[${index}]"; filename="${quoted(file.name)}"`, mimeOf(file.mime));
      let sum = 0;
      for await (const chunk of body) {
        sum += chunk.length;
        yield chunk;
      }
      if (bytes !== undefined && sum < bytes) throw new MediaError('The file broke off before its end.', 'unavailable');
    }
    yield Buffer.from(`\r\n--${this.#boundary}--\r\n`);
  }

  #head(disposition: string, type: string): Buffer {
    return Buffer.from(`\r\n--${this.#boundary}\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`);
  }
}

/** As browsers write it. Source: HTML standard, "Multipart form data". */
const quoted = (name: string): string => name.toWellFormed().replace(/["\r\n]/g, (char) => encodeURIComponent(char));

/** Nothing that could begin another header. */
const mimeOf = (mime: string): string => (/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(mime) ? mime : 'application/octet-stream');
