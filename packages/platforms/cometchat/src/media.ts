import { type ByteRange, MediaError, type MediaStream, type OpenUrl } from '@bridge/core';
import { z } from 'zod';
import { type Call, type Client, NoAnswer, Refusal } from './client.ts';
import { type CometChatSettings, apiBase } from './config.ts';

const soft = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const text = soft(z.string());
const id = z.string().min(1);
const handleSchema = z.union([z.object({ message: id, index: z.number() }), z.object({ user: id })]);
const messageSchema = z.object({
  data: z.object({
    data: soft(
      z.object({ url: text, attachments: soft(z.array(z.object({ url: text }))), customData: soft(z.record(z.string(), z.unknown())) }),
    ),
  }),
});
const userSchema = z.object({ data: z.object({ avatar: text }) });
const accessSchema = z.object({ data: z.object({ url: z.url() }) });

/** Names one file of a message. URLs in webhooks are signed and expire, so they are no handle. */
export const fileHandle = (message: string, index: number): string => JSON.stringify({ message, index });

/** Where a sticker's picture is; its senders do not agree on the field. */
export function stickerUrl(data: Readonly<Record<string, unknown>>): string | undefined {
  const value = data['sticker_url'] ?? data['stickerUrl'] ?? data['url'];
  return typeof value === 'string' ? value : undefined;
}

/** What files are opened with. */
export interface MediaOptions {
  readonly client: Client;
  /** Of the file hosts, for apps with token-based file access. */
  readonly files: Client;
  readonly openUrl: OpenUrl;
  readonly settings: Pick<CometChatSettings, 'apiUrl' | 'appId' | 'region'>;
}

/** The base of the file hosts; on an installation of one's own, that of the API. */
export function filesBase({ apiUrl, region }: Pick<CometChatSettings, 'apiUrl' | 'region'>): string {
  return apiUrl === undefined ? `https://files-${region}.cometchat.io` : new URL(apiUrl).origin;
}

interface Asking {
  readonly signal: AbortSignal;
  readonly range?: ByteRange;
}

const gone = (): MediaError => new MediaError('The file is not in CometChat any more.', 'gone');

/** Opens files and avatars by their handles, each time by asking CometChat for a URL that is good now. */
export function createOpenMedia(options: MediaOptions): (handle: string, asking: Asking) => Promise<MediaStream> {
  const { openUrl, settings } = options;
  // An installation of one's own may well be on a private address; CometChat's hosts are public.
  const own = new URL(apiBase(settings)).origin;
  const open = (url: URL, asking: Asking): Promise<MediaStream> => openUrl(url, { ...asking, trusted: url.origin === own });
  return async (handle, asking) => {
    const url = await urlOf(options, handle, asking.signal);
    try {
      return await open(url, asking);
    } catch (error) {
      if (!(error instanceof MediaError) || error.problem !== 'gone' || !needsToken(url, settings.appId, own)) throw error;
      return open(await withToken(options, url, asking.signal), asking);
    }
  };
}

async function urlOf({ client }: MediaOptions, handle: string, signal: AbortSignal): Promise<URL> {
  const named = handleSchema.safeParse(readJson(handle));
  if (!named.success) throw gone();
  const path =
    'user' in named.data ? `/users/${encodeURIComponent(named.data.user)}` : `/messages/${encodeURIComponent(named.data.message)}`;
  const json = await ask(client, { path }, signal);
  const found = 'user' in named.data ? userSchema.safeParse(json).data?.data.avatar : fileUrl(json, named.data.index);
  if (found === undefined || !/^https?:/.test(found) || !URL.canParse(found)) throw gone();
  return new URL(found);
}

function readJson(handle: string): unknown {
  try {
    return JSON.parse(handle);
  } catch {
    return undefined;
  }
}

function fileUrl(json: unknown, index: number): string | undefined {
  const data = messageSchema.safeParse(json).data?.data.data;
  const file = data?.attachments?.[index]?.url;
  return file ?? (index === 0 ? (data?.url ?? stickerUrl(data?.customData ?? {})) : undefined);
}

/** What a refusal says: not there for us, or asked at the wrong moment. */
const refusesForGood = ({ status, code }: Refusal): boolean =>
  status < 500 && status !== 401 && status !== 429 && code !== 'ERR_TOO_MANY_REQUESTS';

async function ask(client: Client, call: Pick<Call, 'path' | 'query'>, signal: AbortSignal): Promise<unknown> {
  try {
    return (await client.call({ method: 'GET', ...call }, signal)).json;
  } catch (error) {
    if (error instanceof Refusal && refusesForGood(error)) throw gone();
    const why =
      error instanceof Refusal ? `${error.status} ${error.code}`.trim() : error instanceof NoAnswer ? error.code : 'a fault of the bridge';
    throw new MediaError(`CometChat does not say where the file is (${why}).`, 'unavailable');
  }
}

const fileHost = /^(data|media|files)-[a-z]+\.cometchat\.io$/;

/** A file of the app itself whose URL has no signature: a plain GET of it is refused where access is by token. */
function needsToken(url: URL, appId: string, own: string): boolean {
  const ours = url.origin === own || fileHost.test(url.hostname);
  return ours && url.pathname.startsWith(`/${appId}/`) && url.search === '';
}

/** Buys a URL that is good for five minutes. The key goes to the app's file host and nowhere else: no redirect is followed. */
async function withToken({ files }: MediaOptions, url: URL, signal: AbortSignal): Promise<URL> {
  const access = accessSchema.safeParse(await ask(files, { path: url.pathname, query: { redirect: 0 } }, signal));
  if (!access.success) throw new MediaError('CometChat’s file host gives no access to the file.', 'unavailable');
  return new URL(access.data.data.url);
}
