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
  /** Only made where it is missing: its name and picture are the operator's to choose, or not told by what is done now. */
  readonly keep?: true;
}

const maxAvatar = 3_000;

/** What is passed on of a person, within CometChat's limits; avatars are not copied, so only lasting public URLs do. */
export function puppetOf(uid: string, name: string, avatar?: string): Puppet {
  const usable = avatar !== undefined && avatar.length <= maxAvatar && /^https?:\/\//.test(avatar);
  return { uid, name: shownName(name) || uid, ...(usable ? { avatar } : {}) };
}

/** The user that writes where no author's own does. */
export const bridgePuppet = (uid: string): Puppet => ({ uid, name: 'Bridge', keep: true });

/** The same for who reacts: the name is told in full when that person writes. */
export function puppetWithoutLabel(uid: string, author: Author, origin: PlatformId): Puppet {
  const platform = `${origin.slice(0, 1).toUpperCase()}${origin.slice(1)}`;
  return { ...puppetOf(uid, `${authorName(author)} (${platform})`, author.avatar), keep: true };
}

const memberResult = z.object({
  data: z.object({
    participants: z.record(
      z.string(),
      z.object({ success: z.boolean(), error: z.object({ code: z.string() }).optional().catch(undefined) }),
    ),
  }),
});

const soft = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const userSchema = z.object({ data: z.object({ name: soft(z.string()), avatar: soft(z.string()) }) });
type User = z.infer<typeof userSchema>['data'];

const notThere = /^ERR_UID_NOT_FOUND/;
const userPath = (uid: string): string => `/users/${encodeURIComponent(uid)}`;

/** Keeps the users that the bridge writes as in existence, named right, and members of the groups they write in. */
export class Puppets {
  private readonly client: Client;
  /** uid → name and picture as they are, '' where nobody has asked; the longest unused first. */
  private readonly known = new Map<string, string>();
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
    const { uid, name, avatar, keep } = puppet;
    const wanted = JSON.stringify([name, avatar]);
    const before = this.known.get(uid);
    const enough = before !== undefined && (keep === true || before === wanted);
    if (!enough) await this.write(puppet, signal);
    this.known.delete(uid);
    this.known.set(uid, keep === true ? (before ?? '') : wanted);
    const [oldest] = this.known.size > this.maxKnown ? this.known.keys() : [];
    if (oldest !== undefined) this.known.delete(oldest);
  }

  /** To be called when CometChat says that the user is gone. */
  forget(uid: string): void {
    this.known.delete(uid);
  }

  private async write(puppet: Puppet, signal: AbortSignal): Promise<void> {
    const { uid, name, avatar, keep } = puppet;
    const user = await this.find(uid, signal);
    if (user === undefined && (await this.create({ uid, name, ...(avatar === undefined ? {} : { avatar }) }, signal))) return;
    if (keep === true || (user !== undefined && user.name === name && user.avatar === avatar)) return;
    const body = avatar === undefined ? { name, unset: ['avatar'] } : { name, avatar };
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
