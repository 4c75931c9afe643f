import { deliverySchema } from '@bridge/core';
import {
  type DeadLetter,
  type LetterGroup,
  type LetterRef,
  type RoleContext,
  displayNameOf,
  sendError,
  settleLetters,
} from '@bridge/runtime';
import { platformId } from '@bridge/core';
import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { answer, read } from './answers.ts';
import type { GroupView, GroupsView, LetterDetailView, LettersView, SettledView } from './protocol.ts';

const text = z.string('is missing').min(1, 'is empty').max(2_000, 'is too long');
const from = z.coerce.number('is no number').int().min(0).default(0);
const listSchema = z.object({ queue: text, conversation: text, why: text, from });
const refSchema = z.object({ queue: text, id: text });
const groupSchema = z.object({ queue: text, conversation: text, why: text });
const settleSchema = z.union(
  [z.strictObject({ letters: z.array(refSchema).min(1).max(1_000) }), z.strictObject({ group: groupSchema })],
  'name the letters, or a group of them',
);

const perPage = 50;

/** What could not be delivered: why, and what to do with it. */
export function mountDeadLetters(app: Express, context: RoleContext): void {
  const desk = context.queues.deadLetters;
  app.get(
    '/api/dead/groups',
    answer((request, response) => groups(context, request, response)),
  );
  app.get(
    '/api/dead/letters',
    answer(async (request, response): Promise<LettersView | undefined> => {
      const query = read(listSchema, request.query, response);
      if (query === undefined) return undefined;
      const page = await desk.list(query, { from: query.from, count: perPage });
      return { letters: page.items.map(({ queue, id, diedAt }) => ({ queue, id, diedAt })), total: page.total, from: query.from };
    }),
  );
  app.get(
    '/api/dead/letter',
    answer(async (request, response): Promise<LetterDetailView | undefined> => {
      const ref = read(refSchema, request.query, response);
      if (ref === undefined) return undefined;
      const letter = await desk.show(ref);
      if (letter !== undefined) return detail(letter, context.console.showMessages);
      sendError(response, 404, 'gone', 'This letter is gone: somebody has retried or discarded it.');
      return undefined;
    }),
  );
  for (const act of ['retry', 'discard'] as const)
    app.post(
      `/api/dead/${act}`,
      express.json({ limit: '500kb' }),
      answer(async (request, response): Promise<SettledView | undefined> => {
        const wanted = read(settleSchema, request.body, response);
        if (wanted === undefined) return undefined;
        const refs: readonly LetterRef[] = 'letters' in wanted ? wanted.letters : await desk.matching(wanted.group);
        const settled = await settleLetters({ desk, journeys: context.journeys }, act, refs);
        context.log.info({ act, ...settled }, 'dead letters settled in the console');
        return settled;
      }),
    );
}

async function groups(context: RoleContext, request: Request, response: Response): Promise<GroupsView | undefined> {
  const query = read(z.object({ from }), request.query, response);
  if (query === undefined) return undefined;
  const page = await context.queues.deadLetters.groups({ from: query.from, count: perPage });
  const { items, total, unseen, letters } = page;
  return { groups: items.map((group) => groupView(context, group)), total, from: query.from, unseen, letters };
}

function groupView(context: RoleContext, group: LetterGroup): GroupView {
  const { queue, conversation, why, told, count, oldestAt, newestAt, waitingBehind } = group;
  const platform = queue.replace(/^outbound-/, '');
  const bridge = context.bridges
    .list()
    .find(({ members }) => members.some((member) => member.platform === platform && member.conversation === conversation));
  return {
    queue,
    platform: queue === 'inbound' ? 'Arriving' : displayNameOf(context.known, platformId(platform)),
    conversation,
    ...(bridge === undefined ? {} : { bridge: bridge.name }),
    why,
    told,
    count,
    oldestAt,
    newestAt,
    ...(waitingBehind === undefined ? {} : { waitingBehind }),
  };
}

function detail(letter: DeadLetter, showMessages: boolean): LetterDetailView {
  const { reason, detail: said, attempts, died, message } = letter;
  const event = deliverySchema.safeParse(message).data;
  return {
    reason,
    detail: said,
    attempts,
    diedAt: Date.parse(died),
    ...(event === undefined
      ? { text: showMessages ? JSON.stringify(message ?? letter.text) : hidden(JSON.stringify(message ?? letter.text ?? '').length) }
      : {
          event: event.event.id,
          author: event.event.author.displayName,
          type: event.event.type,
          bridge: event.bridge,
          text: showMessages ? event.event.content.text : hidden([...event.event.content.text].length),
        }),
  };
}

const hidden = (length: number): string => `${length} characters, not shown. CONSOLE_SHOW_MESSAGES=true shows what people wrote.`;
