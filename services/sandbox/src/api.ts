import { sendError } from '@bridge/runtime';
import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Breaking } from './breaking.ts';
import type { Chat } from './chats.ts';
import type { Feed } from './feed.ts';
import type { World } from './world.ts';

const maxLength = 10_000;
const name = z.string('a field of the request is missing');
const text = z
  .string('a field of the request is missing')
  .max(maxLength, `write at most ${maxLength.toLocaleString('en')} characters`)
  .refine((written) => written.trim() !== '', 'write something first');
const maxFileBytes = 5_000_000;
const fileSchema = z.object({
  name: z.string().max(200),
  mime: z.string().max(100),
  base64: z.base64('the file did not arrive whole').max(Math.ceil((maxFileBytes * 4) / 3) + 4, 'choose a file of at most 5 MB'),
});
const postSchema = z
  .object({
    platform: name,
    author: name,
    text: z.string('a field of the request is missing').max(maxLength, `write at most ${maxLength.toLocaleString('en')} characters`),
    replyTo: name.optional(),
    file: fileSchema.optional(),
  })
  .refine(({ text: written, file }) => written.trim() !== '' || file !== undefined, 'write something first');
const reactSchema = z.object({ platform: name, author: name, message: name, emoji: name.max(40) });
const editSchema = z.object({ platform: name, message: name, text });
const faultSchema = z.object({ platform: name, fault: z.enum(['ok', 'fails', 'limited', 'hangs', 'drops-answers']) });
const breakSchema = z.object({ what: z.enum(['kill-bridge', 'silence-redis', 'cut-gateway', 'burst']) });
const deleteSchema = z.object({ platform: name, message: name });

/** What a person does in one of the chats: the page's requests, carried out by the simulators. */
export function mountApi(app: Express, world: World): void {
  app.use('/api', sameOriginOnly, express.json({ limit: '8mb' }));
  app.post('/api/messages', (request, response) =>
    act(response, postSchema.safeParse(request.body), (post) =>
      chatOf(world, post.platform).post(post.author, post.text, besideText(post)),
    ),
  );
  app.post('/api/reactions', (request, response) =>
    act(response, reactSchema.safeParse(request.body), ({ platform, author, message, emoji }) =>
      chatOf(world, platform).react(author, message, emoji),
    ),
  );
  app.put('/api/messages', (request, response) =>
    act(response, editSchema.safeParse(request.body), (edit) => chatOf(world, edit.platform).edit(edit.message, edit.text)),
  );
  app.delete('/api/messages', (request, response) =>
    act(response, deleteSchema.safeParse(request.body), (gone) => chatOf(world, gone.platform).remove(gone.message)),
  );
}

function besideText({ replyTo, file }: z.infer<typeof postSchema>): NonNullable<Parameters<Chat['post']>[2]> {
  const major = file?.mime.split('/')[0] ?? '';
  const kind = ['image', 'video', 'audio'].includes(major) ? major : 'file';
  return {
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(file === undefined ? {} : { files: [{ kind, name: file.name, mime: file.mime, bytes: Buffer.from(file.base64, 'base64') }] }),
  };
}

/** What a visitor breaks by hand. `mountApi` comes before: it keeps other sites' pages out. */
export function mountBreaking(app: Express, breaking: Breaking, feed: Feed): void {
  app.put('/api/faults', (request, response) =>
    act(response, faultSchema.safeParse(request.body), ({ platform, fault }) => {
      breaking.set(platform, fault);
      feed.setFaults(breaking.faults);
    }),
  );
  app.post('/api/break', (request, response) => act(response, breakSchema.safeParse(request.body), ({ what }) => breaking.act(what)));
}

/** A page of another site must not write here, although the sandbox listens on loopback only. */
function sameOriginOnly(request: Request, response: Response, next: () => void): void {
  const origin = request.headers.origin;
  if (origin === undefined || origin === `http://${request.headers.host}`) return next();
  sendError(response, 403, 'other_origin', 'Only the sandbox page itself may write here.');
}

async function act<T>(response: Response, parsed: z.ZodSafeParseResult<T>, carryOut: (value: T) => void | Promise<void>): Promise<void> {
  if (!parsed.success)
    return sendError(response, 422, 'invalid', `That cannot be sent: ${parsed.error.issues[0]?.message ?? 'a field is missing'}.`);
  try {
    await carryOut(parsed.data);
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
