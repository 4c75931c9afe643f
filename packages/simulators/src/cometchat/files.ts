import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAnswer } from '../shared/answer.ts';
import { applyFault, type FaultAnswers, type FaultBox } from '../shared/faults.ts';
import type { SimFile } from '../types.ts';

/**
 * How files are got at. `presigned`: URLs with a signature that expires, anew in every answer and webhook; what new apps
 * have. `token`: a plain GET is refused, and the API key buys a URL that is good for five minutes. `public`: as they are.
 * https://www.cometchat.com/docs/fundamentals/presigned-urls
 */
export type MediaAccess = 'presigned' | 'token' | 'public';

/** What is known about bytes that somebody can see. */
export interface SeenFile {
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** The app's file storage. */
export interface FileStore {
  /** The address at which a file is kept, without whatever it takes to get at it. */
  keep(file: SimFile): string;
  /** The address as an answer gives it now; others' addresses as they are. */
  shown(url: string): string;
  seen(url: string): SeenFile | undefined;
  /** Notes what is behind an address that is not the app's own. */
  note(url: string, file: SeenFile): void;
  /** Every signed URL that was given out so far is no longer good. */
  expire(): void;
  /** Answers a download; false when `path` is none. */
  serve(request: IncomingMessage, response: ServerResponse): boolean;
  /** Where it listens; to be set before anything is kept. */
  baseUrl: string;
}

/** What a file storage needs to know. */
export interface FileStoreOptions {
  readonly appId: string;
  readonly apiKey: string;
  readonly access: MediaAccess;
  /** How long a pre-signed URL is good, milliseconds. */
  readonly ttlMs: number;
  readonly faults: FaultBox;
}

const tokenTtlMs = 5 * 60_000;

/** About the bytes of a file. */
export const seenFile = (bytes: Uint8Array): SeenFile => ({
  size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

interface Kept extends SeenFile {
  readonly bytes: Uint8Array;
  readonly mime: string;
  /** A sticker of an extension: anybody may see it. */
  readonly open: boolean;
}

const answers: FaultAnswers = {
  rateLimit: ({ retryAfterMs }) => ({ status: 429, headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } }),
  status: (status) => ({ status, body: '<Error><Code>Fault</Code></Error>' }),
};

/** An empty one. */
export function createFileStore({ appId, apiKey, access, ttlMs, faults }: FileStoreOptions): FileStore {
  const prefix = `/${appId}/media/`;
  let secret = randomBytes(16);
  const kept = new Map<string, Kept>();
  const noted = new Map<string, SeenFile>();
  const sign = (path: string, until: number): string => createHmac('sha256', secret).update(`${path} ${until}`).digest('base64url');
  const pathIn = (url: string): string | undefined =>
    url.startsWith(store.baseUrl + prefix) ? url.slice(store.baseUrl.length) : undefined;
  const good = (path: string, until: string | null, signature: string | null): boolean =>
    Number(until) > Date.now() && sign(path, Number(until)) === signature;
  const mayRead = (path: string, query: URLSearchParams): boolean => {
    if (access === 'public' || kept.get(path)?.open === true) return true;
    if (access === 'presigned') return good(path, query.get('Expires'), query.get('Signature'));
    const [until = '', signature = ''] = (query.get('fat') ?? '').split('.');
    return good(path, until, signature);
  };
  const store: FileStore = {
    baseUrl: '',
    keep({ kind, name, mime, bytes }) {
      const path = `${prefix}${kept.size + 1}_${encodeURIComponent(name)}`;
      kept.set(path, { bytes, mime, open: kind === 'sticker', ...seenFile(bytes) });
      return store.baseUrl + path;
    },
    shown(url) {
      const path = pathIn(url);
      if (path === undefined || access !== 'presigned' || kept.get(path)?.open === true) return url;
      const until = Date.now() + ttlMs;
      return `${url}?Expires=${until}&Signature=${sign(path, until)}&Key-Pair-Id=SIMULATOR`;
    },
    seen: (url) => kept.get(pathIn(url) ?? '') ?? noted.get(url),
    note: (url, file) => void noted.set(url, file),
    expire: () => {
      secret = randomBytes(16);
    },
    serve(request, response) {
      const url = request.url ?? '';
      if (!url.startsWith(prefix)) return false;
      const [path = '', search = ''] = url.split('?', 2);
      const file = kept.get(path);
      if (!applyFault(faults.take(request.method ?? 'GET', path), faults.latencyMs, { request, response, answers })) return true;
      const key = request.headers['apikey'];
      if (access === 'token' && key !== undefined) {
        const until = Date.now() + tokenTtlMs;
        const data = { url: `${store.baseUrl}${path}?fat=${until}.${sign(path, until)}` };
        sendAnswer(
          response,
          key === apiKey && file ? { status: 200, body: { data } } : { status: 401, body: { error: { code: 'AUTH_ERR' } } },
        );
      } else if (!mayRead(path, new URLSearchParams(search))) {
        sendAnswer(response, { status: access === 'token' ? 401 : 403, body: '<Error><Code>AccessDenied</Code></Error>' });
      } else if (!file) sendAnswer(response, { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' });
      else sendBytes(response, file, request.headers.range);
      return true;
    },
  };
  return store;
}

/** With `Range`, as a CDN does it. */
function sendBytes(response: ServerResponse, { bytes, mime }: Kept, range: string | undefined): void {
  // Another origin's page shows these files: the sandbox runs on its own port.
  const headers = { 'content-type': mime, 'accept-ranges': 'bytes', 'cross-origin-resource-policy': 'cross-origin' };
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === '') return sendAnswer(response, { status: 200, headers, body: Buffer.from(bytes) });
  const to = Math.min(last === '' ? Infinity : Number(last), bytes.length - 1);
  if (Number(first) > to) return sendAnswer(response, { status: 416, headers: { 'content-range': `bytes */${bytes.length}` } });
  const part = { ...headers, 'content-range': `bytes ${first}-${to}/${bytes.length}` };
  sendAnswer(response, { status: 206, headers: part, body: Buffer.from(bytes.subarray(Number(first), to + 1)) });
}
