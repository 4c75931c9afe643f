import { type RoleContext, findJourneys, journeyLimits, mostLookedAt } from '@bridge/runtime';
import type { Express } from 'express';
import { z } from 'zod';
import type { Access } from './access.ts';
import { answer, read } from './answers.ts';
import { bridgesPage } from './bridges-view.ts';
import { mountDeadLetters } from './dead-api.ts';
import { runDoctor } from './doctor.ts';
import type { Feed } from './feed.ts';
import { journeyView } from './journey-views.ts';
import type { AboutView, BridgesView, MessagesView } from './protocol.ts';

export interface ApiOptions {
  readonly context: RoleContext;
  readonly access: Access;
  readonly feed: Feed;
}

const messagesQuery = z.object({ q: z.string('is missing').trim().min(1, 'is empty').max(10_000, 'is too long') });
const bridgesQuery = z.object({
  q: z.string().max(200, 'is too long').default(''),
  show: z.enum(['all', 'untried'], 'is all or untried').default('all'),
  from: z.coerce.number('is no number').int().min(0).default(0),
});

/** Everything the page asks for. Mounted behind the login. */
export function mountApi(app: Express, { context, access, feed }: ApiOptions): void {
  app.get('/api/events', (request, response) => feed.add(request, response));
  app.get('/api/about', (_request, response) => response.json(about(context, access)));
  app.get(
    '/api/messages',
    answer(async (request, response): Promise<MessagesView | undefined> => {
      const query = read(messagesQuery, request.query, response);
      if (query === undefined) return undefined;
      const { journeys, copies, bridges, known, queues } = context;
      const tools = { journeys, copies, bridges: bridges.list(), platforms: known.map(({ id }) => id) };
      const [found, depths] = await Promise.all([findJourneys(query.q, tools), queues.depths()]);
      const arriving = depths.find(({ queue }) => queue === 'inbound')?.waiting ?? 0;
      return { journeys: found.map((journey) => journeyView(known, journey)), arriving };
    }),
  );
  app.get(
    '/api/bridges',
    answer(async (request, response): Promise<BridgesView | undefined> => {
      const query = read(bridgesQuery, request.query, response);
      return query === undefined ? undefined : bridgesPage(context, query);
    }),
  );
  app.get('/api/configuration', (_request, response) => response.json({ lines: context.console.configuration }));
  app.post('/api/doctor', (request, response) => runDoctor(context, request, response));
  mountDeadLetters(app, context);
}

function about({ version, console, known }: RoleContext, access: Access): AboutView {
  return {
    version,
    passwordless: access.passwordless,
    dashboardWrites: console.dashboardWrites,
    showMessages: console.showMessages,
    platforms: known.map(({ id, displayName }) => ({ id, name: displayName })),
    limits: { journeys: journeyLimits.events, journeyDays: journeyLimits.seconds / 86_400, letters: mostLookedAt },
  };
}
