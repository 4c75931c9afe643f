import type { CatchUp, CatchUpContext, ConversationId, Log, Received } from '@bridge/core';
import { z } from 'zod';
import { type Client, NoAnswer, Refusal } from './client.ts';
import { targetOf } from './config.ts';

const perPage = 100;
/** The rest waits for the next round, so that one busy group does not keep the others waiting. */
const mostPages = 20;
/**
 * What is older is not looked at, milliseconds: that a message was taken before is known for 25 hours, and after that it
 * would be carried twice.
 */
const oldestMs = 20 * 3_600_000;
/**
 * What is younger is left to its webhook, milliseconds: it is tried three times within 40 s, each of which may be answered late. Taken
 * here before, and deleted meanwhile, the message would still come by its webhook, behind its own delete.
 */
const webhooksMs = 120_000;

const soft = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const messageSchema = z.looseObject({
  id: z.union([z.string().regex(/^\d+$/), z.number().transform(String)]),
  category: soft(z.string()),
  type: soft(z.string()),
  sentAt: soft(z.number()),
  deletedAt: soft(z.number()),
  data: soft(z.looseObject({ action: soft(z.string()) })),
});
type Listed = z.infer<typeof messageSchema>;
const pageSchema = z.object({ data: z.array(soft(messageSchema)).transform((list) => list.filter((one) => one !== undefined)) });
const cursorsSchema = z.record(z.string(), z.string());

/** What catching up works with. */
export interface CatchUpOptions {
  readonly client: Client;
  readonly bridgeUid: string;
  readonly everyMs: number;
  readonly log: Log;
  /** What a webhook with this body would be. */
  receive(json: unknown): Received;
}

/**
 * Lists each bridged conversation from the last message that was looked at, and takes what is new as if its webhook had come.
 * CometChat delivers a webhook once, or with retries on within 40 s; what is missed in that time is found here. Edits and
 * deletes are in the list too, as action messages; reactions are not.
 */
export function createCatchUp(options: CatchUpOptions): CatchUp {
  const failing = new Set<string>();
  return {
    everyMs: options.everyMs,
    async round(context) {
      const stored = await context.checkpoint.load();
      const before = readCursors(stored);
      const cursors: Record<string, string> = {};
      let over = false;
      for (const conversation of context.conversations) {
        const after = before[conversation];
        over ||= context.signal.aborted;
        const look: Looked = over ? { cursor: after } : await tryToLook(options, context, { conversation, after });
        if (look.cursor !== undefined) cursors[conversation] = look.cursor;
        if (over) continue;
        over = look.error !== undefined && concernsAll(look.error);
        tell(options.log, failing, { conversation: over ? 'all' : conversation, error: look.error });
      }
      const text = JSON.stringify(cursors);
      if (text !== stored) await context.checkpoint.save(text);
    },
  };
}

type Failure = Refusal | NoAnswer | z.ZodError;
interface Looked {
  readonly cursor: string | undefined;
  readonly error?: Failure;
}

/** Keeps its place where CometChat does not answer. @throws when an event is not taken: then nothing further is either. */
async function tryToLook(options: CatchUpOptions, context: CatchUpContext, looking: Looking): Promise<Looked> {
  try {
    return { cursor: await lookAt(options, context, looking) };
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof NoAnswer || error instanceof z.ZodError)) throw error;
    return { cursor: looking.after, error };
  }
}

/** Asking for the next conversation would only make it worse. */
const concernsAll = (error: Failure): boolean =>
  error instanceof NoAnswer || (error instanceof Refusal && (error.status === 401 || error.status === 429 || error.status >= 500));

/** Once, not in each round; `failing` holds what was told. */
function tell(log: Log, failing: Set<string>, of: { readonly conversation: string; readonly error: Failure | undefined }): void {
  const { conversation, error } = of;
  if (error === undefined) for (const told of [conversation, 'all']) failing.delete(told);
  if (error === undefined || failing.has(conversation)) return;
  failing.add(conversation);
  const why = error instanceof z.ZodError ? 'an answer that cannot be read' : error.message;
  log.warn({ conversation, why }, 'what CometChat’s webhook may have missed cannot be looked for; it is tried again');
}

function readCursors(stored: string | undefined): Readonly<Record<string, string | undefined>> {
  try {
    return cursorsSchema.parse(JSON.parse(stored ?? '{}'));
  } catch {
    return {};
  }
}

interface Looking {
  readonly conversation: ConversationId;
  /** Id of the last message that was looked at; absent at the first look ever, which goes back to nothing. */
  readonly after: string | undefined;
}

/** Takes what is new, in order; gives the id from which the next round goes on. */
async function lookAt(options: CatchUpOptions, context: CatchUpContext, { conversation, after }: Looking): Promise<string> {
  const list = lister(options, conversation, context.signal);
  if (after === undefined) return (await list({ limit: 1 })).at(-1)?.id ?? '0';
  const youngest = Date.now() - Math.min(webhooksMs, 2 * options.everyMs);
  let last = Number(after);
  for (let pages = 0; pages < mostPages; pages += 1) {
    const listed = await list({ affix: 'append', id: last, limit: perPage });
    const page = listed.filter(({ id }) => Number(id) > last);
    for (const message of page) {
      if ((message.sentAt ?? 0) * 1000 > youngest) return String(last);
      await take(options, context, message);
      last = Number(message.id);
    }
    if (listed.length < perPage || page.length === 0) break;
  }
  return String(last);
}

async function take({ receive }: CatchUpOptions, { emit }: CatchUpContext, message: Listed): Promise<void> {
  const trigger = triggerOf(message);
  const at = (message.sentAt ?? 0) * 1000;
  if (trigger === undefined || Date.now() - at > oldestMs) return;
  const received = receive({ trigger, data: { message }, webhook: 'catch-up' });
  if (received.ok) for (const event of received.events) await emit(event, at);
}

/** Of which webhook the message would have been told; undefined for what no webhook that the bridge wants tells. */
function triggerOf({ category, type, data, deletedAt }: Listed): string | undefined {
  if (category !== 'action') return deletedAt === undefined ? 'message_sent' : undefined;
  if (type !== 'message') return undefined;
  if (data?.action === 'edited') return 'message_edited';
  return data?.action === 'deleted' ? 'message_deleted' : undefined;
}

function lister({ client, bridgeUid }: CatchUpOptions, conversation: ConversationId, signal: AbortSignal) {
  const { receiver, receiverType } = targetOf(conversation);
  const path = `/${receiverType}s/${encodeURIComponent(receiver)}/messages`;
  const as = receiverType === 'user' ? { onBehalfOf: bridgeUid } : {};
  return async (query: Readonly<Record<string, string | number>>): Promise<readonly Listed[]> => {
    const { json } = await client.call({ method: 'GET', path, query, ...as }, signal);
    return pageSchema.parse(json).data.toSorted((a, b) => Number(a.id) - Number(b.id));
  };
}
