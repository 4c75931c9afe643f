import { z } from 'zod';
import { type RawChannel, snowflake } from './payload.ts';

/** Enough for every channel of some hundred servers; beyond it the oldest names are forgotten. */
const maxNames = 50_000;

const named = z.object({ id: snowflake, name: z.string(), type: z.number().catch(0), parent_id: snowflake.nullish().catch(undefined) });
const guildSchema = z.object({
  id: snowflake,
  channels: z.unknown().optional(),
  threads: z.unknown().optional(),
  roles: z.unknown().optional(),
});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isThread = (type: number): boolean => type >= 10 && type <= 12;

/** Forums and media channels, whose threads are posts. Source: API reference, "Channel Types". */
const isForum = (type: number): boolean => type === 15 || type === 16;

interface Known {
  readonly name: string;
  readonly type: number;
  readonly parent: string | undefined;
}

/** Channels, threads and roles as the gateway tells them: their names, and which channel a thread hangs on. */
export class Directory {
  readonly #channels = new Map<string, Known>();
  readonly #roles = new Map<string, string>();
  readonly #guilds = new Set<string>();
  #known: number | undefined;

  /** Servers the bot is in. A resumed session does not list them again, so the number of the session's start counts till then. */
  get guilds(): number {
    return Math.max(this.#guilds.size, this.#known ?? 0);
  }

  assumeGuilds(count: number): void {
    this.#known = count;
  }

  /** Reads what a dispatch tells; whatever its shape. */
  learn(t: string, d: unknown): void {
    switch (t) {
      case 'READY':
        return this.#ready(d);
      case 'GUILD_CREATE':
        return this.#guild(d);
      case 'GUILD_DELETE':
        return this.#left(d);
      case 'CHANNEL_CREATE':
      case 'CHANNEL_UPDATE':
      case 'THREAD_CREATE':
      case 'THREAD_UPDATE':
        return this.#channel(d);
      case 'THREAD_LIST_SYNC':
        return listOf(z.object({ threads: z.unknown() }).safeParse(d).data?.threads).forEach((thread) => this.#channel(thread));
      case 'GUILD_ROLE_CREATE':
      case 'GUILD_ROLE_UPDATE':
        return this.#role(z.object({ role: z.unknown() }).safeParse(d).data?.role);
      default:
    }
  }

  /** A channel or thread; undefined where it, or the channel that the thread hangs on, is not known yet: `missing` says which. */
  channel(id: string): RawChannel | undefined {
    const found = this.#channels.get(id);
    if (found === undefined) return undefined;
    const { name, type, parent } = found;
    if (!isThread(type)) return { name, thread: false };
    if (parent === undefined) return { name, thread: true };
    const within = this.#channels.get(parent);
    return within === undefined ? undefined : { name, thread: true, parent, ...(isForum(within.type) ? { post: true } : {}) };
  }

  /** The id to ask Discord about before `channel` can tell of this one. */
  missing(id: string): string | undefined {
    const found = this.#channels.get(id);
    if (found === undefined) return id;
    return isThread(found.type) && found.parent !== undefined && !this.#channels.has(found.parent) ? found.parent : undefined;
  }

  nameOf(id: string): string | undefined {
    return this.#channels.get(id)?.name;
  }

  role(id: string): string | undefined {
    return this.#roles.get(id);
  }

  #ready(d: unknown): void {
    this.#known = undefined;
    this.#guilds.clear();
    for (const guild of listOf(z.object({ guilds: z.unknown() }).safeParse(d).data?.guilds)) {
      const id = z.object({ id: snowflake }).safeParse(guild).data?.id;
      if (id !== undefined) this.#guilds.add(id);
    }
  }

  #guild(d: unknown): void {
    const guild = guildSchema.safeParse(d).data;
    if (guild === undefined) return;
    this.#guilds.add(guild.id);
    for (const channel of [...listOf(guild.channels), ...listOf(guild.threads)]) this.#channel(channel);
    for (const role of listOf(guild.roles)) this.#role(role);
  }

  /** An outage of a server is not its loss. */
  #left(d: unknown): void {
    const guild = z.object({ id: snowflake, unavailable: z.boolean().optional().catch(undefined) }).safeParse(d).data;
    if (guild !== undefined && guild.unavailable !== true) this.#guilds.delete(guild.id);
  }

  #channel(d: unknown): void {
    const channel = named.safeParse(d).data;
    if (channel === undefined) return;
    const { id, name, type, parent_id: parent } = channel;
    remember(this.#channels, id, { name, type, parent: parent ?? undefined });
  }

  #role(d: unknown): void {
    const role = named.safeParse(d).data;
    if (role !== undefined) remember(this.#roles, role.id, role.name);
  }
}

function remember<T>(names: Map<string, T>, id: string, value: T): void {
  names.delete(id);
  names.set(id, value);
  if (names.size <= maxNames) return;
  const [oldest] = names.keys();
  if (oldest !== undefined) names.delete(oldest);
}
