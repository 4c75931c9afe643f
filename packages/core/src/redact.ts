/** Shorter ones would blank out ordinary words. */
const minSecretLength = 6;

const percentEncode = (secret: string): string =>
  encodeURIComponent(secret.toWellFormed()).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The characters that a secret's bytes alone decide when it stands somewhere inside longer base64, such as behind
 * `user:` in HTTP Basic: one form for each of the three ways it may be aligned.
 */
function base64Inside(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const undecided = (offset + bytes.length) % 3 === 0 ? 0 : 1;
    return encoded.replace(/=+$/, '').slice(offset === 0 ? 0 : offset + 1, undecided === 0 ? undefined : -1);
  });
}

function formsOf(secret: string): string[] {
  const percent = percentEncode(secret);
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const base64 = [Buffer.from(secret, 'utf8').toString('base64'), ...base64Inside(secret)];
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURI(secret.toWellFormed()),
    encodeURIComponent(secret.toWellFormed()),
    percent,
    form,
    ...[encodeURIComponent(secret.toWellFormed()), percent, form].map((encoded) =>
      encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    ),
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')),
    ...base64.map(percentEncode),
  ];
}

/**
 * Makes a function that puts `[secret]` in the place of every known secret, and of what a URL, JSON or an
 * Authorization header makes of it. Make it once for a process: it compiles one expression. Secrets of fewer than
 * six characters are left alone.
 */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(secrets.filter((secret) => secret.length >= minSecretLength).flatMap(formsOf));
  if (forms.size === 0) return (text) => text;
  // Longest first, so that a secret which begins another one does not leave the rest of it standing.
  const sources = [...forms].toSorted((a, b) => b.length - a.length).map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  const pattern = new RegExp(sources.join('|'), 'g');
  return (text) => text.replace(pattern, '[secret]');
}

/** `scrubber` for one text. What it is meant for: any text from outside that goes into a log, an error or a job. */
export const scrub = (text: string, secrets: readonly string[]): string => scrubber(secrets)(text);
