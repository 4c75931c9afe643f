import type { Response } from 'express';
import type { ServerEvent, StatusView, StepView } from './protocol.ts';
import { type World, chatView, messageView } from './world.ts';

/** The pages that watch, and what they are told. */
export interface Feed {
  /** Adds a page: it gets the whole state first, then every event, until its connection closes. */
  add(response: Response): void;
  send(event: ServerEvent): void;
  setStatus(status: StatusView): void;
  close(): void;
}

export function createFeed(world: World): Feed {
  const pages = new Set<Response>();
  let status: StatusView = { state: 'starting' };
  /** The steps of the newest event, so that a page that comes later can draw its path too. */
  let steps: readonly StepView[] = [];
  const send = (event: ServerEvent) => {
    if (event.kind === 'journey') steps = [...steps.filter((step) => step.eventKey === event.step.eventKey), event.step];
    const line = encode(event);
    for (const page of pages) page.write(line);
  };
  const stopListening = world.chats.map((chat) =>
    chat.simulator.onChange(({ message }) => {
      if (message.room === chat.room) send({ kind: 'change', platform: chat.platform, message: messageView(message) });
    }),
  );
  return {
    add: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      response.write(encode({ kind: 'state', chats: world.chats.map((chat) => chatView(chat)), status }));
      for (const step of steps) response.write(encode({ kind: 'journey', step }));
      pages.add(response);
      response.on('close', () => pages.delete(response));
    },
    send,
    setStatus: (next) => {
      if (next.state === status.state && next.detail === status.detail) return;
      status = next;
      send({ kind: 'status', status });
    },
    close: () => {
      for (const stop of stopListening) stop();
      for (const page of pages) page.end();
    },
  };
}

function encode(event: ServerEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}
