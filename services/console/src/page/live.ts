import type { ServerEvent } from '../protocol.ts';

/** What is done with what the server tells, and when it tells nothing. */
export interface Listening {
  readonly told: (event: ServerEvent) => void;
  /** The connection is gone; `refused` when the server did not take it, most likely because the session has ended. */
  readonly lost: (refused: boolean) => void;
}

/** The server says something at least every 20 seconds: a connection that is silent for longer is dead without knowing it. */
const silenceMs = 50_000;
/** The whole state comes at once: where it does not, another connection may fare better. */
const firstMs = 10_000;

/** Our own server's words: the kind says the rest. */
function isServerEvent(value: unknown): value is ServerEvent {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** Listens for as long as the page is open, over every loss of the connection. */
export function listen({ told, lost }: Listening): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    const events = new EventSource('/api/events');
    const again = () => {
      events.close();
      lost(false);
      open();
    };
    const patience = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(again, ms);
    };
    patience(firstMs);
    events.addEventListener('message', (message: MessageEvent<string>) => {
      patience(silenceMs);
      const event: unknown = JSON.parse(message.data);
      if (isServerEvent(event)) told(event);
    });
    // The browser connects again by itself, but for a refusal; then our own patience does.
    events.addEventListener('error', () => lost(events.readyState === EventSource.CLOSED));
  };
  open();
}
