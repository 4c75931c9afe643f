import type { ConversationId, Log } from '@bridge/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { toDeliveryError } from './failures.ts';
import { snowflake } from './payload.ts';
import type { Api } from './rest.ts';

/** What a channel or thread has that was not accepted yet, as far as is known. */
export interface Gap {
  /** The channel or thread. */
  readonly channel: string;
  readonly guild: string;
  /** The last message that was accepted. */
  readonly after: string;
}

/** What catching up goes by. */
export interface CatchUpOptions {
  readonly api: Api;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** The bridged channels and threads now. */
  conversations(): readonly ConversationId[];
  /** Delay before a call that failed is made again, milliseconds. */
  readonly retryMs: number;
}

/** By channel or thread, the id of the last message that was accepted. */
export type LastAccepted = Readonly<Record<string, string>>;

const channelSchema = z.object({
  id: snowflake,
  parent_id: snowflake.nullish().catch(undefined),
  last_message_id: snowflake.nullish().catch(undefined),
});
const guildSchema = z.object({ id: snowflake, channels: z.array(z.unknown()).catch([]), threads: z.array(z.unknown()).catch([]) });
const listedSchema = z.looseObject({ id: snowflake });
type Listed = z.infer<typeof listedSchema>;

const pageSize = 100;
/** 10,000 messages; a channel that is busier than that is joined where it is now. */
const maxPages = 100;
const maxTries = 8;
/** As long as accepted events are remembered, so that none comes twice; and nobody waits for an answer to what is older. */
const maxAgeMs = 24 * 3_600_000;
const maxKnown = 5_000;
const discordEpoch = 1_420_070_400_000;

const isLater = (one: string, other: string): boolean => BigInt(one) > BigInt(other);
const later = (one: string, other: string): string => (isLater(one, other) ? one : other);

/**
 * What was said while the bridge was not there, and is past what a resumed session replays: each bridged channel is read on
 * from the last message of it that was accepted.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #last: Map<string, string>;
  #bridged: { readonly list: readonly string[]; readonly set: ReadonlySet<string> } = { list: [], set: new Set() };

  constructor(options: CatchUpOptions, last: LastAccepted) {
    this.#options = options;
    this.#last = new Map(Object.entries(last));
  }

  get last(): LastAccepted {
    return Object.fromEntries(this.#last);
  }

  /** A message of a channel or thread is safe. `parent` is the channel that a thread hangs on. */
  accepted(channel: string, parent: string | undefined, message: string): void {
    if (!this.#isBridged(channel) && (parent === undefined || !this.#isBridged(parent))) return;
    const before = this.#last.get(channel);
    this.#last.delete(channel);
    this.#last.set(channel, before === undefined ? message : later(before, message));
    const [oldest] = this.#last.keys();
    if (this.#last.size > maxKnown && oldest !== undefined) this.#last.delete(oldest);
  }

  /** What a server's state, as a new session is told it, has beyond what was accepted. A channel that is new begins now. */
  gaps(guildCreate: unknown): readonly Gap[] {
    const guild = guildSchema.safeParse(guildCreate).data;
    if (guild === undefined) return [];
    return [...guild.channels, ...guild.threads].flatMap((one) => {
      const channel = channelSchema.safeParse(one).data;
      const after = channel === undefined ? undefined : this.#gapAfter(channel);
      return channel === undefined || after === undefined ? [] : [{ channel: channel.id, guild: guild.id, after }];
    });
  }

  #gapAfter({ id, parent_id: parent, last_message_id: newest }: z.infer<typeof channelSchema>): string | undefined {
    const within = parent ?? undefined;
    if (!newest || (!this.#isBridged(id) && (within === undefined || !this.#isBridged(within)))) return undefined;
    // Of a thread that nothing is known of, all is new that is newer than what its channel had then.
    const last = this.#last.get(id) ?? (within === undefined ? undefined : this.#last.get(within));
    if (last === undefined) {
      this.accepted(id, within, newest);
      return undefined;
    }
    return isLater(newest, last) ? last : undefined;
  }

  /** Hands on what is in a gap, oldest first. Gives up, and says so, where Discord does not let it be read. @throws what `take` throws, and when it is stopped before its end. */
  async fill({ channel, guild, after }: Gap, take: (message: object) => Promise<void>): Promise<void> {
    const dayAgo = (BigInt(Date.now() - maxAgeMs - discordEpoch) << 22n).toString();
    // What an earlier try got through is behind us.
    let from = later(later(after, dayAgo), this.#last.get(channel) ?? after);
    for (let pages = 0; pages < maxPages; pages += 1) {
      const page = await this.#page(channel, from);
      for (const message of page) {
        await take({ ...message, channel_id: channel, guild_id: guild });
        from = message.id;
      }
      if (page.length < pageSize) return;
    }
    this.#tell(channel, 'there are more than can be caught up with');
  }

  async #page(channel: string, after: string): Promise<readonly Listed[]> {
    const { api, signal, retryMs } = this.#options;
    for (let tries = 0; tries < maxTries; tries += 1) {
      signal.throwIfAborted();
      try {
        const query = { after, limit: String(pageSize) };
        const listed = await api.call({ method: 'GET', path: `/channels/${channel}/messages`, query }, signal);
        return oldestFirst(listed);
      } catch (error) {
        const { failure, message } = toDeliveryError(error, {
          effect: 'repeatable',
          permission: 'Read Message History',
          aborted: signal.aborted,
        });
        if (failure.kind === 'permanent') return this.#tell(channel, message);
        const waitMs = failure.kind === 'rate-limited' ? failure.retryAfterMs : retryMs * 2 ** tries;
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return this.#tell(channel, 'Discord does not answer');
  }

  #tell(channel: string, reason: string): readonly [] {
    this.#options.log.warn({ platform: 'discord', channel, reason }, 'messages from while the bridge was away may be missing');
    return [];
  }

  #isBridged(channel: string): boolean {
    const list = this.#options.conversations();
    if (list !== this.#bridged.list) this.#bridged = { list, set: new Set(list) };
    return this.#bridged.set.has(channel);
  }
}

function oldestFirst(listed: unknown): readonly Listed[] {
  const all = Array.isArray(listed) ? listed.flatMap((one) => listedSchema.safeParse(one).data ?? []) : [];
  return all.toSorted((one, two) => (isLater(one.id, two.id) ? 1 : -1));
}
