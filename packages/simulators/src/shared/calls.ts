import type { ServerResponse } from 'node:http';
import type { SimCall } from '../types.ts';
import { createRing } from './ring.ts';

/** The last calls of an API. */
export interface CallLog {
  /** Remembers the call, and its status once an answer has really left. */
  record(call: Omit<SimCall, 'at' | 'status'>, response: ServerResponse): void;
  /** Oldest first. A copy. */
  list(): readonly SimCall[];
  clear(): void;
}

/** Forgets calls beyond `capacity`. */
export function createCallLog(capacity = 10_000): CallLog {
  const ring = createRing<SimCall>(capacity);
  return {
    record({ method, path, body, headers }, response) {
      const call: SimCall = { at: Date.now(), method, path, body, headers };
      response.once('finish', () => {
        call.status = response.statusCode;
      });
      ring.push(call);
    },
    list: ring.list,
    clear: ring.clear,
  };
}
