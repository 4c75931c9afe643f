import { tell } from './notice.ts';

/** Asks the console's server; what it refuses is told in its own words. Undefined when there is no answer to show. */
async function call(path: string, init?: RequestInit): Promise<Response | undefined> {
  try {
    const response = await fetch(path, init);
    if (response.ok) return response;
    if (response.status === 401) location.assign('/login');
    else tell(sentenceOf(await response.json()) ?? `The console refused that (${response.status}).`);
  } catch {
    tell('The console does not answer. Does its process still run?');
  }
  return undefined;
}

/** Errors of this API are `{ error: { code, message } }`. */
function sentenceOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined;
  const { error } = answer;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined;
}

/** What the server answers is what protocol.ts says: both are built from it. */
export async function get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T | undefined> {
  const search = new URLSearchParams(query).toString();
  const response = await call(search === '' ? path : `${path}?${search}`);
  return (await response?.json()) as T | undefined;
}

export async function post<T>(path: string, body: unknown): Promise<T | undefined> {
  const response = await call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return (await response?.json()) as T | undefined;
}

/** The lines of an answer as they come, each of them JSON. */
export async function* postLines<T>(path: string): AsyncGenerator<T> {
  const response = await call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  if (!response?.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    text += value ?? '';
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
    if (done) return;
  }
}
