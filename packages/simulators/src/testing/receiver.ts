import type { IncomingHttpHeaders } from 'node:http';
import { readBody, sendAnswer, type Answer } from '../shared/answer.ts';
import { listen } from '../shared/server.ts';

/** A webhook call as it came in. */
export interface Received {
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** A webhook's receiver, for tests. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** How the calls are answered from now on; 200 at the start. Hanging is a promise that never settles. */
  answer: (call: Received) => Answer | Promise<Answer>;
  close(): Promise<void>;
}

/** Starts a receiver on a free loopback port. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const listening = await listen((request, response) => {
    const handle = async (): Promise<void> => {
      const raw = await readBody(request, 1 << 20);
      const call: Received = { at: performance.now(), headers: request.headers, body: JSON.parse(raw.toString('utf8')) };
      received.push(call);
      sendAnswer(response, await receiver.answer(call));
    };
    handle().catch(() => response.destroy());
  });
  const receiver: Receiver = { url: listening.url, received, answer: () => ({ status: 200 }), close: listening.close };
  return receiver;
}
