import { sendError } from '@bridge/runtime';
import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Chat, World } from './world.ts';

const text = z.string().min(1, 'write something first').max(10_000, 'write at most 10,000 characters');
const postSchema = z.object({ platform: z.string(), author: z.string(), text });
const editSchema = z.object({ platform: z.string(), message: z.string(), text });
const deleteSchema = z.object({ platform: z.string(), message: z.string() });

/** What a person does in one of the chats: the page's requests, carried out by the simulators. */
export function mountApi(app: Express, world: World): void {
  app.use('/api', sameOriginOnly, express.json({ limit: '100kb' }));
  app.post('/api/messages', (request, response) =>
    act(response, postSchema.safeParse(request.body), ({ platform, author, text: written }) => {
      const chat = chatOf(world, platform);
      chat.simulator.post({ room: chat.room, author, text: written });
    }),
  );
  app.put('/api/messages', (request, response) =>
    act(response, editSchema.safeParse(request.body), ({ platform, message, text: written }) => {
      const chat = chatOf(world, platform);
      chat.simulator.edit({ room: chat.room, message, text: written });
    }),
  );
  app.delete('/api/messages', (request, response) =>
    act(response, deleteSchema.safeParse(request.body), ({ platform, message }) => {
      const chat = chatOf(world, platform);
      chat.simulator.remove({ room: chat.room, message });
    }),
  );
}

/** A page of another site must not write here, although the sandbox listens on loopback only. */
function sameOriginOnly(request: Request, response: Response, next: () => void): void {
  const origin = request.headers.origin;
  if (origin === undefined || origin === `http://${request.headers.host}`) return next();
  sendError(response, 403, 'other_origin', 'Only the sandbox page itself may write here.');
}

function act<T>(response: Response, parsed: z.ZodSafeParseResult<T>, carryOut: (value: T) => void): void {
  if (!parsed.success) return sendError(response, 422, 'invalid', `That cannot be sent: ${parsed.error.issues[0]?.message ?? 'a field is missing'}.`);
  try {
    carryOut(parsed.data);
    response.json({ ok: true });
  } catch (error) {
    sendError(response, 422, 'refused', error instanceof Error ? error.message : 'The simulator refused that.');
  }
}

function chatOf(world: World, platform: string): Chat {
  const chat = world.chats.find((candidate) => candidate.platform === platform);
  if (!chat) throw new Error(`There is no chat ${platform.slice(0, 40)}; choose ${world.chats.map((one) => one.platform).join(', ')}.`);
  return chat;
}
