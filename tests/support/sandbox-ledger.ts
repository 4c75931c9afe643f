import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './until.ts';

const platforms = ['cometchat', 'discord', 'telegram'] as const;
type PlatformName = (typeof platforms)[number];
const authors: Readonly<Record<PlatformName, string>> = { cometchat: 'ana', discord: '1300000000000000001', telegram: '700000001' };

/** People write through the sandbox's page; what arrives is read from what the page shows. */
export interface SandboxLedger {
  /** Writes a message on each platform in turn, every `everyMs`, until stopped; resolves with how many were written. */
  writeUntil(stop: AbortSignal, everyMs: number): Promise<number>;
  /** Of the messages written, those that are missing somewhere. */
  missing(): readonly string[];
  /** Those that arrived after a later one of the same author. */
  reordered(): readonly string[];
  /** Second copies. */
  duplicated(): readonly string[];
  close(): void;
}

/** CometChat sends a webhook that was refused again later, after those that came meanwhile: nobody can tell the order then. */
const reorderedByUs = (ledger: SandboxLedger) => ledger.reordered().filter((token) => !token.includes('m:cometchat:'));

/** Writes while something happens, and waits until everything written has arrived, in order. @throws when something is missing. */
export async function underLoad(ledger: SandboxLedger, act: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  // Two of three go to Telegram, which takes 20 a minute in a group.
  const writing = ledger.writeUntil(stop.signal, 700);
  await act().finally(() => stop.abort());
  await writing;
  await until(() => ledger.missing().length === 0, {
    timeoutMs: 180_000,
    why: () => `${ledger.missing().length} are missing, among them ${ledger.missing().slice(0, 5).join(', ')}`,
  });
  const reordered = reorderedByUs(ledger);
  if (reordered.length > 0) throw new Error(`Out of order: ${reordered.slice(0, 5).join(', ')}`);
}

interface Seen {
  readonly platform: string;
  readonly text: string;
  readonly viaApi: boolean;
}

/** Begins to watch the page. */
export function watchSandbox(page: string): SandboxLedger {
  const written = new Map<PlatformName, number>(platforms.map((platform) => [platform, 0]));
  const arrivals = new Map<string, string[]>(platforms.map((platform) => [platform, []]));
  const known = new Set<string>();
  const leaving = new AbortController();
  void follow(page, leaving.signal, (id, { platform, text, viaApi }) => {
    if (known.has(id) || !viaApi) return;
    known.add(id);
    const token = /m:\w+:\d+;/.exec(text)?.[0];
    if (token !== undefined) arrivals.get(platform)?.push(token);
  });
  const write = async (platform: PlatformName): Promise<void> => {
    const number = written.get(platform) ?? 0;
    const body = JSON.stringify({ platform, author: authors[platform], text: `m:${platform}:${number}; some words` });
    const answer = await fetch(`${page}/api/messages`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!answer.ok) throw new Error(`the sandbox refused a message: ${answer.status}`);
    written.set(platform, number + 1);
  };
  return {
    writeUntil: async (stop, everyMs) => {
      let count = 0;
      for (; !stop.aborted; count += 1) {
        await write(platforms[count % platforms.length] ?? 'cometchat');
        await sleep(everyMs, undefined, { signal: stop }).catch(() => undefined);
      }
      return count;
    },
    missing: () =>
      pairs().flatMap(({ source, target }) => {
        const there = new Set(arrivals.get(target));
        return tokens(source, written.get(source) ?? 0)
          .filter((token) => !there.has(token))
          .map((token) => `${target}: ${token}`);
      }),
    reordered: () =>
      pairs().flatMap(({ source, target }) => {
        const numbers = firsts(arrivals.get(target) ?? [], source);
        return numbers
          .filter((number, index) => index > 0 && number < (numbers[index - 1] ?? 0))
          .map((number) => `${target}: m:${source}:${number};`);
      }),
    duplicated: () =>
      platforms.flatMap((target) => {
        const list = arrivals.get(target) ?? [];
        return list.filter((token, index) => list.indexOf(token) !== index).map((token) => `${target}: ${token}`);
      }),
    close: () => leaving.abort(),
  };
}

const pairs = () => platforms.flatMap((source) => platforms.filter((target) => target !== source).map((target) => ({ source, target })));
const tokens = (source: string, count: number) => Array.from({ length: count }, (_, number) => `m:${source}:${number};`);

/** The numbers of one source in the order in which they first arrived. */
function firsts(list: readonly string[], source: string): readonly number[] {
  return [...new Set(list)]
    .filter((token) => token.startsWith(`m:${source}:`))
    .map((token) => Number(token.split(':')[2]?.replace(';', '')));
}

/** The page's events, and again after the connection broke. */
async function follow(page: string, signal: AbortSignal, see: (id: string, seen: Seen) => void): Promise<void> {
  while (!signal.aborted) {
    await read(page, signal, see).catch(() => undefined);
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}

async function read(page: string, signal: AbortSignal, see: (id: string, seen: Seen) => void): Promise<void> {
  const { body } = await fetch(`${page}/api/events`, { signal });
  if (!body) return;
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) take(JSON.parse(line.slice('data: '.length)), see);
  }
}

interface Shown {
  readonly id: string;
  readonly text: string;
  readonly viaApi: boolean;
}
type Event =
  | { readonly kind: 'change'; readonly platform: string; readonly message: Shown }
  | { readonly kind: 'state'; readonly chats: readonly { readonly platform: string; readonly messages: readonly Shown[] }[] }
  | { readonly kind: 'journey' | 'status' };

function take(event: Event, see: (id: string, seen: Seen) => void): void {
  const told = (platform: string, { id, text, viaApi }: Shown) => see(`${platform} ${id}`, { platform, text, viaApi });
  if (event.kind === 'change') told(event.platform, event.message);
  if (event.kind === 'state') for (const chat of event.chats) for (const message of chat.messages) told(chat.platform, message);
}
