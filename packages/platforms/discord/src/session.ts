import { z } from 'zod';
import { snowflake } from './payload.ts';

const sessionSchema = z.object({
  sessionId: z.string().min(1),
  resumeURL: z.url({ protocol: /^wss?$/ }),
  sequence: z.number(),
  shardId: z.number(),
  shardCount: z.number(),
});
/** What Discord needs to go on with a session; the shape of @discordjs/ws. */
export type Session = z.infer<typeof sessionSchema>;

const checkpointSchema = z.object({
  v: z.literal(1),
  guilds: z.number().catch(0),
  sessions: z.array(sessionSchema),
  last: z.record(snowflake, snowflake).catch({}),
});
/** What is stored: the sessions of all shards, the number of servers for the status, and the last message of each channel. */
export type Checkpoint = Omit<z.infer<typeof checkpointSchema>, 'v'>;

const none: Checkpoint = { guilds: 0, sessions: [], last: {} };

/** A checkpoint as stored; none where it is of another version or broken, which costs a new session and nothing else. */
export function readCheckpoint(text: string | undefined): Checkpoint {
  if (text === undefined || !text.startsWith('{')) return none;
  try {
    const { guilds, sessions, last } = checkpointSchema.parse(JSON.parse(text));
    return { guilds, sessions, last };
  } catch {
    return none;
  }
}

/** A checkpoint as it is stored. */
export const writeCheckpoint = (checkpoint: Checkpoint): string => JSON.stringify({ v: 1, ...checkpoint });

interface Entry {
  readonly session: Session;
  done: boolean;
}

/**
 * How far a shard's events are safe. Events finish in any order; the checkpoint only moves over those before which nothing
 * is unfinished, so that a session resumed from it replays all that may be missing.
 */
export class Progress {
  readonly #open: Entry[] = [];
  #head = 0;
  #safe: Session | undefined;

  constructor(start: Session | undefined) {
    this.#safe = start;
  }

  get safe(): Session | undefined {
    return this.#safe;
  }

  /** Call in the order of arrival; the function returned says that the event needs nothing more. */
  begin(session: Session): () => void {
    const entry = { session, done: false };
    this.#open.push(entry);
    return () => {
      entry.done = true;
      this.#advance();
    };
  }

  #advance(): void {
    for (let entry = this.#open[this.#head]; entry?.done === true; entry = this.#open[this.#head]) {
      this.#safe = entry.session;
      this.#head += 1;
    }
    if (this.#head < 1_000 && this.#head < this.#open.length) return;
    this.#open.splice(0, this.#head);
    this.#head = 0;
  }
}
