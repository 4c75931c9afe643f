import { MediaError, type MediaStream, type OpenUrl, type PlatformInstance } from '@bridge/core';
import { z } from 'zod';
import { toDeliveryError } from './failures.ts';
import { messageSchema, snowflake } from './payload.ts';
import type { Api } from './rest.ts';

/** What handles say: where the file is found again, since Discord's URLs expire within a day. */
const handleSchema = z.union([
  z.object({ channel: snowflake, message: snowflake, attachment: snowflake }),
  z.object({ sticker: snowflake, ending: z.enum(['png', 'gif']) }),
]);
/** `handleSchema`, parsed. */
export type Handle = z.infer<typeof handleSchema>;

/** A handle as it travels. */
export const writeHandle = (handle: Handle): string => JSON.stringify(handle);

function readHandle(text: string): Handle | undefined {
  try {
    return handleSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What files are fetched with. */
export interface MediaDeps {
  readonly api: Api;
  readonly apiUrl: string;
  readonly openUrl: OpenUrl;
}

/** A player asks for one file in many ranges; its URL is good for longer than it is kept. */
const keptForMs = 10 * 60_000;
const maxKept = 500;

/** Opens files of messages, and stickers. */
export function createMedia({ api, apiUrl, openUrl }: MediaDeps): NonNullable<PlatformInstance['openMedia']> {
  const cdn = cdnFor(apiUrl);
  const kept = new Map<string, { readonly url: string; readonly until: number }>();
  const attachmentUrl = async (handle: Extract<Handle, { readonly attachment: string }>, signal: AbortSignal): Promise<string> => {
    const known = kept.get(handle.attachment);
    if (known !== undefined && known.until > Date.now()) return known.url;
    const url = await ask(api, handle, signal);
    if (kept.size >= maxKept) kept.clear();
    kept.set(handle.attachment, { url, until: Date.now() + keptForMs });
    return url;
  };
  return async (text, { signal, range }): Promise<MediaStream> => {
    const handle = readHandle(text);
    if (handle === undefined) throw new MediaError('This is no file of Discord.', 'gone');
    const url = 'sticker' in handle ? `${cdn}/stickers/${handle.sticker}.${handle.ending}` : await attachmentUrl(handle, signal);
    try {
      // Whoever runs the API that is set is trusted with its own files, a simulator on this machine for one.
      const trusted = new URL(url).origin === new URL(apiUrl).origin;
      return await openUrl(new URL(url), { signal, trusted, ...(range === undefined ? {} : { range }) });
    } catch (error) {
      if ('attachment' in handle) kept.delete(handle.attachment);
      throw error;
    }
  };
}

/** The address of a file now. */
async function ask(api: Api, handle: Extract<Handle, { readonly attachment: string }>, signal: AbortSignal): Promise<string> {
  const path = `/channels/${handle.channel}/messages/${handle.message}` as const;
  const { data } = messageSchema.safeParse(await fetched(api, path, signal));
  const all =
    data === undefined ? [] : [data, ...data.message_snapshots.map((snapshot) => snapshot.message)].flatMap((one) => one.attachments);
  const url = all.find(({ id }) => id === handle.attachment)?.url;
  if (url === undefined || !URL.canParse(url)) throw new MediaError('The file is no longer in its Discord message.', 'gone');
  return url;
}

async function fetched(api: Api, path: `/${string}`, signal: AbortSignal): Promise<unknown> {
  try {
    return await api.call({ method: 'GET', path }, signal);
  } catch (error) {
    const { failure, message } = toDeliveryError(error, {
      effect: 'repeatable',
      permission: 'Read Message History',
      aborted: signal.aborted,
    });
    if (failure.kind === 'permanent') throw new MediaError(`The Discord message with the file cannot be read. ${message}`, 'gone');
    throw new MediaError(`The file cannot be had of Discord now. ${message}`, 'unavailable');
  }
}

/** A simulator serves its pictures itself; whatever stands in front of the real API does not. */
function cdnFor(apiUrl: string): string {
  const { hostname, origin } = new URL(apiUrl);
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname) ? origin : 'https://cdn.discordapp.com';
}
