import type { SimChange } from '../types.ts';
import type { DiscordMessage } from './model.ts';
import type { World } from './world.ts';

/** What REST handlers and people act upon. */
export interface Host {
  readonly world: World;
  /** Base URL without a trailing slash. */
  readonly baseUrl: () => string;
  /** Sends an event to the gateway's sessions. */
  dispatch(event: string, data: Readonly<Record<string, unknown>>): void;
  /** Tells the simulator's listeners. */
  changed(kind: SimChange['kind'], message: DiscordMessage): void;
}

/** A request after routing: what is in the path, the query and the body. */
export interface Call {
  readonly host: Host;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** 204 where `body` is undefined. */
export interface Result {
  readonly body?: unknown;
}
export type Handler = (call: Call) => Result;
