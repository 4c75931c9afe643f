import { startCometChatSimulator, type CometChatSimulator, type CometChatSimulatorOptions } from '../cometchat/simulator.ts';

/** Answer of the REST API. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string; readonly details: unknown };
}

/** A simulator and a client of it. */
export interface CometChatBench {
  readonly cometchat: CometChatSimulator;
  /** `call` is `METHOD /path`, without `/v3`. */
  call(call: string, options?: { readonly body?: unknown; readonly as?: string; readonly apiKey?: string }): Promise<RestAnswer>;
  /** Sends a text to the group. */
  send(text: string, as?: string): Promise<RestAnswer>;
}

/** The app's REST API key. */
const apiKey = 'a'.repeat(40);
/** Login of the webhook. */
export const webhookLogin = { username: 'cometchat', password: 'Secret0' };

/** Ana and Bo in the group `lobby`; Cleo outside of it. */
export async function startCometChatBench(options: Partial<CometChatSimulatorOptions> = {}): Promise<CometChatBench> {
  const cometchat = await startCometChatSimulator({
    appId: 'app1',
    region: 'eu',
    apiKey,
    people: [
      { id: 'ana', name: 'Ana Lima' },
      { id: 'bo', name: 'Bo' },
      { id: 'cleo', name: 'Cleo' },
    ],
    rooms: [{ id: 'lobby', name: 'Lobby', members: ['ana', 'bo'] }],
    ...options,
  });
  const call: CometChatBench['call'] = async (name, { body, as, apiKey: key = apiKey } = {}) => {
    const [method = 'GET', path = ''] = name.split(' ');
    const response = await fetch(`${cometchat.url}${path}`, {
      method,
      headers: { apikey: key, 'content-type': 'application/json', ...(as === undefined ? {} : { onBehalfOf: as }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer: Omit<RestAnswer, 'status' | 'headers'> = JSON.parse(await response.text());
    return { status: response.status, headers: response.headers, ...answer };
  };
  const send: CometChatBench['send'] = (text, as) =>
    call('POST /messages', {
      body: { receiver: 'lobby', receiverType: 'group', category: 'message', type: 'text', data: { text } },
      ...(as === undefined ? {} : { as }),
    });
  return { cometchat, call, send };
}
