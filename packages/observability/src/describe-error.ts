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

/** Makes text safe to log, such as the scrubber of all known secrets. Runs before texts are cut: half a secret is not recognised. */
export type Clean = (text: string) => string;

const asIs: Clean = (text) => text;

/** Describes anything thrown, by allow-list. Never throws. */
export function describeError(thrown: unknown, clean: Clean = asIs): ErrorDescription {
  try {
    return describe(thrown, clean, 0);
  } catch {
    // A getter of a foreign error class that throws itself.
    return { name: 'Error', message: 'an error that cannot be described' };
  }
}

function describe(thrown: unknown, clean: Clean, depth: number): ErrorDescription {
  const text = (value: unknown) => cut(clean(withoutPaths(String(value))));
  if (!(thrown instanceof Error)) return { name: 'NonError', message: typeof thrown === 'string' ? text(thrown) : typeof thrown };
  const code = own(thrown, 'code');
  const status = own(thrown, 'status');
  const cause = own(thrown, 'cause');
  return {
    name: text(thrown.name),
    message: text(thrown.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: text(code) } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof thrown.stack === 'string' ? { stack: clean(frames(thrown.stack)) } : {}),
    ...(cause === undefined || depth >= maxCauses ? {} : { cause: describe(cause, clean, depth + 1) }),
  };
}

function own(error: Error, key: string): unknown {
  return Object.getOwnPropertyDescriptor(error, key)?.value;
}

function cut(text: string): string {
  return text.length > maxMessage ? `${text.slice(0, maxMessage)}…` : text;
}

/** URLs in error texts keep their host only: tokens sit in paths (Telegram, Discord webhooks) and queries. */
function withoutPaths(text: string): string {
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
