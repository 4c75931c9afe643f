import { z } from 'zod';
import { type Client, Refusal } from './client.ts';

/** A user of the app that the bridge writes as. */
export interface Puppet {
  readonly uid: string;
  readonly name: string;
  readonly avatar?: string;
  /** Only made where it is missing: its name and picture are the operator's to choose. */
  readonly keep?: true;
}

const maxName = 100;
const maxAvatar = 3_000;

/** What is passed on of a person, within CometChat's limits; avatars are not copied, so only lasting public URLs do. */
export function puppetOf(uid: string, name: string, avatar: string | undefined): Puppet {
  const shown = Array.from(name.trim() || uid)
    .slice(0, maxName)
    .join('');
  const usable = avatar !== undefined && avatar.length <= maxAvatar && /^https?:\/\//.test(avatar);
  return { uid, name: shown, ...(usable ? { avatar } : {}) };
}

const isCode = (error: unknown, match: RegExp): boolean => error instanceof Refusal && match.test(error.code);
const memberResult = z.object({
  data: z.object({
    participants: z.record(
      z.string(),
      z.object({ success: z.boolean(), error: z.object({ code: z.string() }).optional().catch(undefined) }),
    ),
  }),
});

/** Keeps the users that the bridge writes as in existence, named right, and members of the groups they write in. */
export class Puppets {
  private readonly client: Client;
  /** uid → how it was last written, the longest unused first. */
  private readonly known = new Map<string, string>();
  private readonly maxKnown: number;

  constructor(client: Client, maxKnown = 10_000) {
    this.client = client;
    this.maxKnown = maxKnown;
  }

  /** Makes the user, or brings its name and avatar up to date; remembers the latest ones so that most calls cost nothing. */
  async ensure(puppet: Puppet, signal: AbortSignal): Promise<void> {
    const wanted = JSON.stringify([puppet.name, puppet.avatar]);
    const before = this.known.get(puppet.uid);
    if (before !== wanted) await this.write(puppet, before !== undefined, signal);
    this.known.delete(puppet.uid);
    this.known.set(puppet.uid, wanted);
    const [oldest] = this.known.size > this.maxKnown ? this.known.keys() : [];
    if (oldest !== undefined) this.known.delete(oldest);
  }

  /** To be called when CometChat says that the user is gone. */
  forget(uid: string): void {
    this.known.delete(uid);
  }

  private async write(puppet: Puppet, exists: boolean, signal: AbortSignal): Promise<void> {
    if (!exists && (await this.create(puppet, signal))) return;
    const { uid, name, avatar, keep } = puppet;
    if (keep) return;
    const body = avatar === undefined ? { name, unset: ['avatar'] } : { name, avatar };
    await this.client.call({ method: 'PUT', path: `/users/${encodeURIComponent(uid)}`, body }, signal);
  }

  private async create({ uid, name, avatar }: Puppet, signal: AbortSignal): Promise<boolean> {
    const body = { uid, name, ...(avatar === undefined ? {} : { avatar }), tags: ['bridge'] };
    try {
      await this.client.call({ method: 'POST', path: '/users', body }, signal);
      return true;
    } catch (error) {
      if (!isCode(error, /^ERR_UID_ALREADY_EXISTS/)) throw error;
      return false;
    }
  }

  /** Adds the user to a group, as the app; fine when it is in it already. */
  async join(guid: string, uid: string, signal: AbortSignal): Promise<void> {
    const path = `/groups/${encodeURIComponent(guid)}/members`;
    try {
      const answer = memberResult.safeParse(await this.client.call({ method: 'POST', path, body: { participants: [uid] } }, signal));
      const result = answer.success ? answer.data.data.participants[uid] : undefined;
      const code = result?.error?.code ?? '';
      if (result?.success === false && !/ALREADY/.test(code)) throw new Refusal(400, { code, detail: '' }, {});
    } catch (error) {
      if (!isCode(error, /^ERR_ALREADY_JOINED/)) throw error;
    }
  }
}
