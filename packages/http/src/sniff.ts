import type { MediaStream } from '@bridge/core';

/** What the type of a file is told by; the library wants 4,100 bytes for the formats that hide it deepest. */
const headBytes = 4_100;

/** The same stream with the type that its first bytes have, where they tell one: what a sender claims is not to be relied on. */
export async function sniffed(stream: MediaStream): Promise<MediaStream> {
  // Only the beginning tells.
  if (stream.part !== undefined && stream.part.from > 0) return stream;
  const source = stream.body[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < headBytes) {
    const next = await source.next();
    if (next.done === true) break;
    head.push(next.value);
    length += next.value.length;
  }
  const { fileTypeFromBuffer } = await import('file-type');
  const found = await fileTypeFromBuffer(Buffer.concat(head));
  return { ...stream, body: again(head, source), ...(found === undefined ? {} : { mime: found.mime }) };
}

/** A stream whose beginning was read already, from the start. */
export async function* again(head: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
