import { Session } from 'node:inspector/promises';

/**
 * Gives back what starting took: loading modules leaves more garbage than the process then holds, and V8 keeps that until
 * there is pressure. Stops the process for some 50 ms, so it belongs before the work begins.
 */
export async function tidyHeap(): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}
