import type { BreakRequest, DeleteRequest, EditRequest, FaultRequest, PostRequest, ReactRequest } from '../protocol.ts';
import { byId } from './dom.ts';

/** Sends one request; what the server refuses is told in its own words. Resolves to whether it was done. */
async function call(method: string, path: string, body: object): Promise<boolean> {
  try {
    const response = await fetch(`/api/${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (response.ok) return true;
    tell(sentenceOf(await response.json()) ?? `The sandbox refused that (${response.status}).`);
  } catch {
    tell('The sandbox does not answer. Is it still running in the terminal?');
  }
  return false;
}

/** Errors of this API are `{ error: { code, message } }`. */
function sentenceOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
  const { error } = answer;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined;
}

export const post = (request: PostRequest) => call('POST', 'messages', request);
export const react = (request: ReactRequest) => call('POST', 'reactions', request);
export const edit = (request: EditRequest) => call('PUT', 'messages', request);
export const remove = (request: DeleteRequest) => call('DELETE', 'messages', request);
export const setFault = (request: FaultRequest) => call('PUT', 'faults', request);
export const breakIt = (request: BreakRequest) => call('POST', 'break', request);

const shownMs = 6_000;

/** Shows one sentence at the bottom for a while; screen readers read it out. */
function tell(sentence: string): void {
  const notice = byId('notice');
  notice.textContent = sentence;
  setTimeout(() => {
    if (notice.textContent === sentence) notice.textContent = '';
  }, shownMs);
}
