import { type LookupAddress, lookup as resolve } from 'node:dns';
import { type IncomingMessage, type RequestOptions, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type LookupFunction, isIP } from 'node:net';
import { type ByteRange, MediaError, type MediaStream, type OpenUrl } from '@bridge/core';
import { isPrivateAddress } from './private-addresses.ts';

export interface OpenUrlOptions {
  /** Hosts, as `name` or `name:port`, that may be private all the same: ALLOW_PRIVATE_MEDIA_HOSTS. */
  readonly allowPrivate?: readonly string[];
  /** Longest wait for the answer to begin, and between two pieces of it, milliseconds. */
  readonly patienceMs?: number;
}

type Options = Parameters<OpenUrl>[1];

const maxRedirects = 5;
const defaultPatienceMs = 20_000;
const refused = (why: string): MediaError => new MediaError(why, 'refused');
const privateHost = refused('The address is a private one. Name its host in ALLOW_PRIVATE_MEDIA_HOSTS if it is yours to trust.');

/** Makes an `OpenUrl` that never connects to a private address: what is checked is the very address that is connected to. */
export function createOpenUrl({ allowPrivate = [], patienceMs = defaultPatienceMs }: OpenUrlOptions = {}): OpenUrl {
  const allowed = new Set(allowPrivate.map((host) => host.toLowerCase()));
  const isAllowed = (url: URL): boolean => allowed.has(url.hostname.toLowerCase()) || allowed.has(url.host.toLowerCase());
  return async (start, options) => {
    let url = start;
    for (let hops = 0; hops <= maxRedirects; hops += 1) {
      const answer = await ask(url, {
        ...options,
        patienceMs,
        open: (options.trusted === true && url.origin === start.origin) || isAllowed(url),
        own: url.origin === start.origin,
      });
      const location = redirectOf(answer);
      if (location === undefined) return streamOf(answer, { ...options, patienceMs });
      answer.destroy();
      if (!URL.canParse(location, url.href)) throw refused('The file’s host redirects to something that is no address.');
      url = new URL(location, url);
    }
    throw refused(`The file’s host redirects more than ${maxRedirects} times.`);
  };
}

interface Asking extends Options {
  readonly patienceMs: number;
  /** No guard for this host. */
  readonly open: boolean;
  /** Still the origin that was asked for: credentials go no further. */
  readonly own: boolean;
}

async function ask(url: URL, asking: Asking): Promise<IncomingMessage> {
  const { signal, headers = {}, range, patienceMs, open, own } = asking;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('Only http and https addresses are fetched.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!open && isIP(host) !== 0 && isPrivateAddress(host)) throw privateHost;
  const send: RequestOptions = {
    method: 'GET',
    signal,
    agent: false,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'CometChat-Integrations', ...(own ? headers : {}), ...rangeHeader(range) },
    ...(open ? {} : { lookup: guardedLookup }),
  };
  const { promise, resolve: answered, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, send, answered);
  request.setTimeout(patienceMs, () => request.destroy(new MediaError('The file’s host does not answer.', 'unavailable')));
  request.on('error', (error) => reject(toMediaError(error)));
  request.end();
  return promise;
}

const rangeHeader = (range: ByteRange | undefined): Record<string, string> =>
  range === undefined ? {} : { range: `bytes=${range.first}-${range.last ?? ''}` };

/** Resolves a name once and hands on only addresses of the internet, so that a name cannot point elsewhere a moment later. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, found) => {
    if (error !== null) return callback(error, '', 0);
    const addresses: LookupAddress[] = found.filter(({ address }) => !isPrivateAddress(address));
    const [first] = addresses;
    if (first === undefined) return callback(Object.assign(privateHost, { code: 'EPRIVATE' }), '', 0);
    if (options.all === true) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

/** The error says nothing of the address: it may hold a credential. */
function toMediaError(error: Error): MediaError {
  if (error instanceof MediaError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (code === 'ENOTFOUND') return new MediaError('The file’s host does not exist.', 'gone');
  return new MediaError(`The file’s host cannot be reached (${code}).`, 'unavailable');
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const redirectOf = ({ statusCode = 0, headers }: IncomingMessage): string | undefined =>
  redirects.has(statusCode) ? (headers.location ?? '') : undefined;

function streamOf(answer: IncomingMessage, options: { readonly signal: AbortSignal; readonly patienceMs: number }): MediaStream {
  const { statusCode = 0, headers } = answer;
  if (statusCode !== 200 && statusCode !== 206) {
    answer.destroy();
    throw statusError(statusCode);
  }
  const bytes = Number(headers['content-length']);
  const mime = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const part = statusCode === 206 ? partOf(headers['content-range']) : undefined;
  return {
    body: pieces(answer, options.patienceMs),
    ...(Number.isSafeInteger(bytes) && bytes >= 0 ? { bytes } : {}),
    ...(mime === undefined || mime === '' ? {} : { mime }),
    ...(part === undefined ? {} : { part }),
  };
}

function statusError(status: number): MediaError {
  const later = status === 408 || status === 425 || status === 429 || status >= 500;
  return later
    ? new MediaError(`The file’s host failed with HTTP ${status}.`, 'unavailable')
    : new MediaError(`The file’s host answers HTTP ${status}: it is not there any more, or not for us.`, 'gone');
}

function partOf(range: string | undefined): MediaStream['part'] {
  const [, first, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(range ?? '') ?? [];
  return first === undefined || size === undefined ? undefined : { from: Number(first), of: Number(size) };
}

async function* pieces(answer: IncomingMessage, patienceMs: number): AsyncGenerator<Uint8Array> {
  answer.setTimeout(patienceMs, () => answer.destroy(new MediaError('The file stopped coming.', 'unavailable')));
  try {
    for await (const chunk of answer) if (chunk instanceof Uint8Array) yield chunk;
    if (!answer.complete) throw new MediaError('The file ended too early.', 'unavailable');
  } catch (error) {
    throw toMediaError(error instanceof Error ? error : new Error('unknown'));
  } finally {
    answer.destroy();
  }
}
