const longest = 60;
const shortestSecret = 4;
const hidden = '(hidden)';

/** Where a credential can stand inside a URL: between `//` and `@`. */
const credentials = /:\/\/[^@/\s]*@/g;

/**
 * A value as a message may quote it: in quotes, at most 60 characters, control characters escaped. The only way for
 * a value to get into a message, so that no secret can, not even one that was pasted into the wrong variable.
 */
export function shown(value: string, secrets: readonly string[]): string {
  if (holdsSecret(value, secrets)) return hidden;
  const printable = JSON.stringify(value.replace(credentials, `://${hidden}@`)).slice(1, -1);
  return `"${printable.length > longest ? `${printable.slice(0, longest - 1)}…` : printable}"`;
}

/** A sentence that a validator wrote, with every secret in it replaced: a schema may quote what it refused. */
export function scrubbed(sentence: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, hidden), sentence);
}

function holdsSecret(value: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => secret.length >= shortestSecret && value.includes(secret));
}

/**
 * A path as a message may quote it. Putting the secret itself where its file's path belongs is a common slip, so only
 * what looks like a path is printed.
 */
export function shownPath(path: string, secrets: readonly string[]): string {
  const looksLikePath = /[/\\]/.test(path) || /^[\w.-]{1,40}\.[a-z]{1,5}$/i.test(path);
  return looksLikePath ? shown(path, secrets) : '(not shown, since it may be the secret itself)';
}
