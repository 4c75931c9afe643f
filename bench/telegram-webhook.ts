import { Agent, request, type RequestOptions } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import type { World } from '../tests/support/world.ts';

/** Where updates go, and from which chats. */
export interface Webhook {
  readonly ingress: string;
  readonly secret: string;
  readonly chats: readonly number[];
}

export const webhookOf = ({ env, rooms }: World, ingress: string): Webhook => ({
  ingress,
  secret: env['TELEGRAM_WEBHOOK_SECRET'] ?? '',
  chats: rooms.map(({ telegram }) => Number(telegram)),
});

/** Posts Telegram updates to the bridge as Telegram's servers would, over kept-alive connections. */
export function telegramWebhook({ ingress, secret, chats }: Webhook) {
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  // Taken apart once: what the load costs is taken from the bridge.
  const { hostname, port, path } = urlToHttpOptions(new URL('/telegram', ingress));
  const options: RequestOptions = { hostname, port, path, method: 'POST', agent };
  let id = 1_000_000;
  return {
    /** Resolves with the status and how long the answer took, milliseconds. */
    post: (room: number, text: string): Promise<{ status: number; tookMs: number }> => {
      id += 1;
      const body = JSON.stringify({
        update_id: id,
        message: {
          message_id: id,
          date: Math.floor(Date.now() / 1000),
          text,
          chat: { id: chats[room], type: 'supergroup', title: `room ${room}` },
          from: { id: 700000001, is_bot: false, first_name: 'Lin' },
        },
      });
      return send({ options, body, secret });
    },
    close: () => agent.destroy(),
  };
}

interface Sending {
  readonly options: RequestOptions;
  readonly body: string;
  readonly secret: string;
}

function send({ options, body, secret }: Sending): Promise<{ status: number; tookMs: number }> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...options,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-telegram-bot-api-secret-token': secret,
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ status: response.statusCode ?? 0, tookMs: performance.now() - started }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
