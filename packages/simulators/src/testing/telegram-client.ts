import { startTelegramSimulator, type TelegramSimulator, type TelegramSimulatorOptions } from '../telegram/simulator.ts';

/** Answer of the Bot API. */
export interface BotAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly description?: string;
  readonly error_code?: number;
  readonly parameters?: Readonly<Record<string, number>>;
  // Results differ by method; tests look into them by matchers.
  readonly result?: Readonly<Record<string, unknown>>;
}

/** A simulator and a client of it. */
export interface TelegramBench {
  readonly telegram: TelegramSimulator;
  call(method: string, body?: object): Promise<BotAnswer>;
}

/** The bot's token. */
export const token = '42:test-token';
/** A supergroup. */
export const group = '-1001000000001';
/** A forum with the topic 7. */
export const forum = '-1001000000002';
/** A basic group. */
export const smallGroup = '-5001';
/** A channel. */
export const channel = '-1001000000003';

/** Ana and Bo in a supergroup, a forum with topic 7, a small group, a channel and a private chat with Ana. */
export async function startTelegramBench(options: Partial<TelegramSimulatorOptions> = {}): Promise<TelegramBench> {
  const telegram = await startTelegramSimulator({
    token,
    people: [
      { id: '501', name: 'Ana Lima', username: 'ana' },
      { id: '502', name: 'Bo' },
    ],
    rooms: [
      { id: group, name: 'Community' },
      { id: forum, name: 'Forum', topics: [{ id: 7, name: 'News' }] },
      { id: smallGroup, name: 'Friends' },
      { id: channel, name: 'Channel', type: 'channel' },
      { id: '501', name: 'Ana' },
    ],
    ...options,
  });
  const call = async (method: string, body: object = {}): Promise<BotAnswer> => {
    const response = await fetch(`${telegram.url}/bot${token}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer: Omit<BotAnswer, 'status'> = JSON.parse(await response.text());
    return { status: response.status, ...answer };
  };
  return { telegram, call };
}
