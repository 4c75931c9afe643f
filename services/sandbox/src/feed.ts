import type { Response } from 'express';
import type { FaultName, LedgerView, ServerEvent, StatusView, StepView } from './protocol.ts';
import { chatView, messageView } from './views.ts';
import type { World } from './world.ts';

/** The pages that watch, and what they are told. */
export interface Feed {
  /** Adds a page: it gets the whole state first, then every event, until its connection closes. */
  add(response: Response): void;
  step(step: StepView): void;
  setStatus(status: StatusView): void;
  setLedger(ledger: LedgerView): void;
  setFaults(faults: Readonly<Record<string, FaultName>>): void;
  close(): void;
}

/** A page that has this many bytes still to read has stopped reading; it connects again and gets the state. */
const maxBacklog = 4_000_000;

export function createFeed(world: World): Feed {
  const pages = new Set<Response>();
  let status: StatusView = { state: 'starting' };
  let steps: readonly StepView[] = [];
  let ledger: LedgerView = { written: 0, arrived: 0, underWay: 0, dead: 0, lost: 0 };
  let faults: Readonly<Record<string, FaultName>> = {};
  const send = (event: ServerEvent) => {
    const line = encode(event);
    for (const page of pages) {
      if (page.writableLength > maxBacklog) page.destroy();
      else page.write(line);
    }
  };
  const stopListening = world.chats.map((chat) =>
    chat.simulator.onChange(({ message }) => {
      if (message.room === chat.room) send({ kind: 'change', platform: chat.platform, message: messageView(chat, message, world.picture) });
    }),
  );
  return {
    add: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      response.write('retry: 1000\n');
      response.write(
        encode({ kind: 'state', chats: world.chats.map((chat) => chatView(chat, world.picture)), status, ledger, faults, steps }),
      );
      pages.add(response);
      response.on('close', () => pages.delete(response));
    },
    step: (step) => {
      steps = withStep(steps, step);
      send({ kind: 'journey', step });
    },
    setStatus: (next) => {
      if (next.state === status.state && next.detail === status.detail) return;
      status = next;
      send({ kind: 'status', status });
    },
    setLedger: (next) => {
      if (JSON.stringify(next) === JSON.stringify(ledger)) return;
      ledger = next;
      send({ kind: 'ledger', ledger });
    },
    setFaults: (next) => {
      faults = { ...next };
      send({ kind: 'faults', faults });
    },
    close: () => {
      for (const stop of stopListening) stop();
      for (const page of pages) page.end();
      pages.clear();
    },
  };
}

/** Only the newest event's steps are kept; late ones of an older event do not bring it back. */
function withStep(steps: readonly StepView[], step: StepView): readonly StepView[] {
  const [first] = steps;
  if (first?.eventKey === step.eventKey) return [...steps, step];
  return first === undefined || step.receivedAt >= first.receivedAt ? [step] : steps;
}

function encode(event: ServerEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}
