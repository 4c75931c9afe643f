/** What of an error may be logged. Never its URL, headers, body or other own fields: those carry tokens and people's words. */
export interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
}

const maxMessage = 500;
const maxCauses = 3;

/** Describes anything thrown, by allow-list. */
export function describeError(thrown: unknown, depth = 0): ErrorDescription {
  if (!(thrown instanceof Error)) return { name: 'NonError', message: typeof thrown === 'string' ? cut(thrown) : typeof thrown };
  const code = own(thrown, 'code');
  const status = own(thrown, 'status');
  return {
    name: thrown.name,
    message: cut(withoutQueries(thrown.message)),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(thrown.stack === undefined ? {} : { stack: frames(thrown.stack) }),
    ...(thrown.cause === undefined || depth >= maxCauses ? {} : { cause: describeError(thrown.cause, depth + 1) }),
  };
}

function own(error: Error, key: string): unknown {
  return Object.getOwnPropertyDescriptor(error, key)?.value;
}

function cut(text: string): string {
  return text.length > maxMessage ? `${text.slice(0, maxMessage)}…` : text;
}

/** URLs in error texts keep their host only: tokens sit in paths (Telegram, Discord webhooks) and queries. */
function withoutQueries(text: string): string {
  return text.replace(/\b(https?|wss?|rediss?):\/\/[^\s"'<>]+/g, (url) => {
    try {
      const { protocol, host } = new URL(url);
      return `${protocol}//${host}/…`;
    } catch {
      return '[url]';
    }
  });
}

/** The stack without its first line, which repeats the message. */
function frames(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 8)
    .join('\n');
}
