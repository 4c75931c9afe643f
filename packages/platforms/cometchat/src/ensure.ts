import { createHash } from 'node:crypto';
import { type Author, authorName, type PlatformId } from '@bridge/core';
import { z } from 'zod';
import { type Client, isCode, Refusal } from './client.ts';
import { shownName } from './puppet.ts';

/** A user of the app that the bridge writes as. */
export interface Puppet {
  readonly uid: string;
  readonly name: string;
  /** A URL that anybody can fetch; CometChat does not copy the picture. */
  readonly avatar?: string;
  /** What tells one picture of a person from the next where the URL alone does not, since it is a link that expires. */
  readonly picture?: string;
  /** Only made where it is missing: its name and picture are the operator's to choose, or not told by what is done now. */
  readonly keep?: true;
}

const maxAvatar = 3_000;
/** A link that expires is written anew after this, milliseconds. */
const renewMs = 24 * 3_600_000;

/** What is passed on of a person, within CometChat's limits; avatars are not copied, so only lasting public URLs do. */
export function puppetOf(uid: string, name: string, { avatar, avatarHandle }: Pick<Author, 'avatar' | 'avatarHandle'> = {}): Puppet {
  const shown = { uid, name: shownName(name) || uid };
  if (avatar === undefined || avatar.length > maxAvatar || !/^https?:\/\//.test(avatar)) return shown;
  return { ...shown, avatar, ...(avatarHandle === undefined ? {} : { picture: digest(avatarHandle) }) };
}

/** The same for who reacts: the name is told in full when that person writes. */
export function puppetWithoutLabel(uid: string, author: Author, origin: PlatformId): Puppet {
  const platform = `${origin.slice(0, 1).toUpperCase()}${origin.slice(1)}`;
  return { ...puppetOf(uid, `${authorName(author)} (${platform})`, author), keep: true };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);

const memberResult = z.object({
  data: z.object({
    participants: z.record(
      z.string(),
      z.object({ success: z.boolean(), error: z.object({ code: z.string() }).optional().catch(undefined) }),
    ),
  }),
});

const soft = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const userSchema = z.object({
  data: z.object({
    name: soft(z.string()),
    avatar: soft(z.string()),
    metadata: soft(z.object({ bridge: soft(z.object({ picture: soft(z.string()), at: soft(z.number()) })) })),
  }),
});
type User = z.infer<typeof userSchema>['data'];

const notThere = /^ERR_UID_NOT_FOUND/;
const userPath = (uid: string): string => `/users/${encodeURIComponent(uid)}`;

/** Whether the app has the user as it should be, with a picture that does not expire soon. */
function isAsWanted(user: User, { name, avatar, picture }: Puppet): boolean {
  if (user.name !== name) return false;
  if (picture === undefined || user.avatar === undefined) return user.avatar === avatar;
  const { picture: shown, at = 0 } = user.metadata?.bridge ?? {};
  return shown === picture && Date.now() - at < renewMs;
}

interface Known {
  /** Name and picture as they were last written; absent where nobody asked. */
  readonly as?: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Keeps the users that the bridge writes as in existence, named right, and members of the groups they write in. */
export class Puppets {
  private readonly client: Client;
  /** By uid, the longest unused first. */
  private readonly known = new Map<string, Known>();
  private readonly maxKnown: number;

  constructor(client: Client, maxKnown = 10_000) {
    this.client = client;
    this.maxKnown = maxKnown;
  }

  /**
   * Makes the user, or brings its name and avatar up to date where they differ from what CometChat has, whoever wrote
   * that; remembers the latest ones so that most calls cost nothing.
   */
  async ensure(puppet: Puppet, signal: AbortSignal): Promise<void> {
    const { uid, name, avatar, picture, keep } = puppet;
    const as = JSON.stringify([name, picture ?? avatar]);
    const before = this.known.get(uid);
    const stale = picture !== undefined && before !== undefined && Date.now() - before.at >= renewMs;
    const enough = before !== undefined && (keep === true || (before.as === as && !stale));
    if (!enough) await this.write(puppet, signal);
    this.known.delete(uid);
    this.known.set(uid, enough ? before : { ...(keep === true ? {} : { as }), at: Date.now() });
    const [oldest] = this.known.size > this.maxKnown ? this.known.keys() : [];
    if (oldest !== undefined) this.known.delete(oldest);
  }

  /** To be called when CometChat says that the user is gone. */
  forget(uid: string): void {
    this.known.delete(uid);
  }

  private async write(puppet: Puppet, signal: AbortSignal): Promise<void> {
    const { uid, name, avatar, picture, keep } = puppet;
    const user = await this.find(uid, signal);
    const mark = picture === undefined ? {} : { metadata: { bridge: { picture, at: Date.now() } } };
    if (user === undefined && (await this.create({ uid, name, ...(avatar === undefined ? {} : { avatar }), ...mark }, signal))) return;
    if (keep === true || (user !== undefined && isAsWanted(user, puppet))) return;
    const body = avatar === undefined ? { name, unset: ['avatar'] } : { name, avatar, ...mark };
    await this.client.call({ method: 'PUT', path: userPath(uid), body }, signal);
  }

  private async find(uid: string, signal: AbortSignal): Promise<User | undefined> {
    try {
      return userSchema.safeParse((await this.client.call({ method: 'GET', path: userPath(uid) }, signal)).json).data?.data;
    } catch (error) {
      if (!isCode(error, notThere)) throw error;
      return undefined;
    }
  }

  /** False where another process made it meanwhile. */
  private async create(user: object, signal: AbortSignal): Promise<boolean> {
    try {
      await this.client.call({ method: 'POST', path: '/users', body: { ...user, tags: ['bridge'] } }, signal);
      return true;
    } catch (error) {
      if (!isCode(error, /^ERR_UID_ALREADY_EXISTS/) && !(error instanceof Refusal && error.status === 409)) throw error;
      return false;
    }
  }

  /** Adds the user to a group, as the app; fine when it is in it already. */
  async join(guid: string, uid: string, signal: AbortSignal): Promise<void> {
    const path = `/groups/${encodeURIComponent(guid)}/members`;
    try {
      const { json } = await this.client.call({ method: 'POST', path, body: { participants: [uid] } }, signal);
      const result = memberResult.safeParse(json).data?.data.participants[uid];
      const code = result?.error?.code ?? '';
      if (result?.success === false && !/ALREADY/.test(code)) throw new Refusal(400, { code, detail: '' }, {});
    } catch (error) {
      if (!isCode(error, /^ERR_ALREADY_JOINED/)) throw error;
    }
  }
}
