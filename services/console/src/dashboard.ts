import { readFile } from 'node:fs/promises';
import { callbackify } from 'node:util';
import { type ConsoleSettings, type RoleContext, sendError } from '@bridge/runtime';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import type { Express, RequestHandler } from 'express';
import { z } from 'zod';

/** Where the BullMQ dashboard is. */
const path = '/bullmq';

/**
 * Mounts the BullMQ dashboard. It can do more to a queue than our mailboxes survive unharmed, so what may be changed is named
 * here; what people wrote is replaced before it is shown.
 */
export function mountDashboard(app: Express, { queues, console }: RoleContext): void {
  const adapter = new OwnPageAdapter();
  adapter.setBasePath(path);
  createBullBoard({
    queues: queues.jobs.map((queue) => adapterOf(queue, console)),
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'BullMQ dashboard',
        showWorkers: false,
        hideRedisDetails: true,
        miscLinks: [{ text: 'Console', url: '/' }],
      },
    },
  });
  app.use(path, ownStyles, allowedChanges(console), adapter.board());
}

/** Fills the dashboard's page in without what it loads from elsewhere. */
class OwnPageAdapter extends ExpressAdapter {
  board(): Express {
    return this.app.engine('ejs', callbackify(entryPage));
  }
}

function adapterOf(queue: Queue, { dashboardWrites, showMessages }: ConsoleSettings): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, { readOnlyMode: !dashboardWrites, description: queue.name.endsWith('-dead') ? deadNote : '' });
  if (!showMessages) adapter.setFormatter('data', withoutMessage);
  return adapter;
}

const deadNote = 'What could not be carried. Retry puts a message back at the end of its conversation.';

/** Of what a dead letter holds, what its author wrote; the jobs of mailboxes hold no message. */
function withoutMessage(data: unknown): unknown {
  const letter = letterSchema.safeParse(data);
  if (!letter.success) return data;
  const { message, text, ...rest } = letter.data;
  return message === undefined && text === undefined ? rest : { ...rest, message: '(hidden; CONSOLE_SHOW_MESSAGES=true shows it)' };
}
const letterSchema = z.looseObject({ message: z.unknown(), text: z.unknown() }).partial();

/** Adding jobs, editing them and emptying queues have no place here: messages live in mailboxes, and jobs only wake workers. */
const changes = [
  /^\/api\/queues\/[^/]+\/[^/]+\/(?:retry|clean|promote)$/,
  /^\/api\/queues\/[^/]+\/(?:retry|clean)\/[a-z-]+$/,
  /^\/api\/queues\/[^/]+\/(?:promote|pause|resume)$/,
];

function allowedChanges({ dashboardWrites }: ConsoleSettings): RequestHandler {
  return (request, response, next) => {
    if (request.method === 'GET' || request.method === 'HEAD') return next();
    if (!dashboardWrites)
      return sendError(
        response,
        403,
        'read_only',
        'The dashboard only shows. CONSOLE_DASHBOARD_WRITES=true lets it retry and remove jobs.',
      );
    if (request.method === 'PUT' && changes.some((change) => change.test(request.path))) return next();
    sendError(response, 403, 'not_here', 'The bridge does not survive this unharmed, so the dashboard may not do it here.');
  };
}

/** Its styles are partly written into its elements. */
const ownStyles: RequestHandler = (_request, response, next) => {
  const policy = String(response.getHeader('content-security-policy') ?? '');
  response.setHeader('content-security-policy', policy.replace(/style-src [^;]*/, "style-src 'self' 'unsafe-inline'"));
  next();
};

/** Its page, filled in as its own template engine would, but without what it loads from elsewhere. */
async function entryPage(file: string, data: object): Promise<string> {
  const values = new Map<string, unknown>(Object.entries(data));
  const html = await readFile(file, 'utf8');
  return html
    .replaceAll(/<%([=-]) (\w+) %>/g, (_tag, kind: string, name: string) => {
      const known = values.get(name);
      const value = typeof known === 'string' ? known : '';
      return kind === '-' ? value : value.replaceAll(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
    })
    .replaceAll(/<link[^>]*https?:[^>]*>/g, '');
}
