import { plainText } from '@bridge/core';
import { z } from 'zod';
import { apiCode } from './failures.ts';
import { parseMarkdown } from './markdown.ts';
import { withoutMarks } from './marks.ts';
import { threadName } from './names.ts';
import type { Api } from './rest.ts';

/** A thread to be: of which message of which channel, and who writes into it first, for a name where the message has no words. */
export interface ThreadWish {
  readonly channel: string;
  readonly root: string;
  readonly label: string;
}

/** The threads that messages have. A thread has the id of the message that it was started from. */
export interface Threads {
  /** The thread, made where there is none yet; undefined where the message is gone and has none. */
  of(wish: ThreadWish, signal: AbortSignal): Promise<string | undefined>;
}

const maxKnown = 10_000;
const thereIsOne = '160004';
const noMessage = '10008';
const noChannel = '10003';
/** Missing access, and missing permissions. */
const notAllowed: ReadonlySet<string> = new Set(['50001', '50013']);
/** Minutes without a message after which it is put away; a message brings it back. Discord's apps offer no longer time. */
const archiveAfter = 10_080;

/** Nothing known yet. */
export function createThreads(api: Api): Threads {
  const known = new Set<string>();
  return {
    of: async (wish, signal) => {
      if (known.has(wish.root)) return wish.root;
      const thread = (await make(api, wish, signal)) ?? (await find(api, wish.root, signal));
      if (thread === undefined) return undefined;
      if (known.size >= maxKnown) known.clear();
      known.add(thread);
      return thread;
    },
  };
}

/** Undefined where the message is gone; a thread that people had started from it may still be there. */
async function make(api: Api, wish: ThreadWish, signal: AbortSignal): Promise<string | undefined> {
  const path = `/channels/${wish.channel}/messages/${wish.root}` as const;
  try {
    const name = await nameFor(api, wish, signal);
    await api.call({ method: 'POST', path: `${path}/threads`, body: { name, auto_archive_duration: archiveAfter } }, signal);
    return wish.root;
  } catch (error) {
    if (apiCode(error) === thereIsOne) return wish.root;
    if (apiCode(error) === noMessage) return undefined;
    throw error;
  }
}

async function find(api: Api, id: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    await api.call({ method: 'GET', path: `/channels/${id}` }, signal);
    return id;
  } catch (error) {
    if (apiCode(error) === noChannel) return undefined;
    throw error;
  }
}

const said = z.object({ content: z.string().catch('') });

/** As people name threads: by how the message that it is about begins; by who writes where that may not be read. */
async function nameFor(api: Api, { channel, root, label }: ThreadWish, signal: AbortSignal): Promise<string> {
  const content = await contentOf(api, `/channels/${channel}/messages/${root}`, signal);
  return threadName(plainText(parseMarkdown(withoutMarks(content).slice(0, 500)))) || threadName(label) || 'Thread';
}

async function contentOf(api: Api, path: `/${string}`, signal: AbortSignal): Promise<string> {
  try {
    return said.safeParse(await api.call({ method: 'GET', path }, signal)).data?.content ?? '';
  } catch (error) {
    if (notAllowed.has(apiCode(error) ?? '')) return '';
    throw error;
  }
}
