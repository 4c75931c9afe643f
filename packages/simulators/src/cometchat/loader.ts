import { seenFile, type FileStore } from './files.ts';
import type { StoredMessage } from './model.ts';
import { attachmentsOf } from './world.ts';

/**
 * Loads what a message shows, as the apps of those who see it would. CometChat itself keeps only the address. Addresses
 * beyond this machine are left alone.
 */
export interface Loader {
  /** Resolves when all of it was tried. */
  load(message: StoredMessage): Promise<void>;
  close(): void;
}

const isLocal = (url: string): boolean => URL.canParse(url) && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(new URL(url).hostname);

/** `loaded` is called for each message of which something new is known. */
export function createLoader(files: FileStore, loaded: (message: StoredMessage) => void): Loader {
  const stop = new AbortController();
  const loadOne = async (url: string): Promise<boolean> => {
    try {
      const answer = await fetch(url, { signal: stop.signal });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      if (!answer.ok || stop.signal.aborted) return false;
      files.note(url, seenFile(bytes));
      return true;
    } catch {
      return false;
    }
  };
  return {
    async load(message) {
      const wanted = attachmentsOf(message.data).flatMap(({ url }) => (isLocal(url) && files.seen(url) === undefined ? [url] : []));
      if (wanted.length === 0) return;
      const results = await Promise.all(wanted.map(loadOne));
      if (results.includes(true)) loaded(message);
    },
    close: () => stop.abort(),
  };
}
