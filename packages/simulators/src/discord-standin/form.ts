import { discordError, invalidForm } from './errors.ts';

/** A JSON body, as an object to be read field by field. */
export type Form = Readonly<Record<string, unknown>>;

export function asForm(value: unknown): Form {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}

const maxContent = 2000;

/** The text of a message; empty where absent. @throws {DiscordError} 50035 */
export function contentOf(form: Form): string {
  const { content } = form;
  if (content === undefined || content === null) return '';
  if (typeof content !== 'string') throw invalidForm('content', 'BASE_TYPE_BAD_TYPE', 'Could not interpret value as string.');
  if ([...content].length > maxContent) throw invalidForm('content', 'BASE_TYPE_MAX_LENGTH', `Must be ${maxContent} or fewer in length.`);
  // Discord trims what it stores, and takes a text of white space for none.
  return content.trim();
}

/** Refuses a message with nothing in it. @throws {DiscordError} 50006 */
export function requireSomething(form: Form, content: string): void {
  const has = (field: string) => Array.isArray(form[field]) && form[field].length > 0;
  if (content === '' && !has('embeds') && !has('attachments') && !has('files') && !has('sticker_ids') && form['poll'] === undefined) throw discordError(50006);
}

/** @throws {DiscordError} 50035 for a name that Discord does not take for a webhook. */
export function webhookName(form: Form, field: 'name' | 'username'): string | undefined {
  const name = form[field];
  if (name === undefined || name === null) return undefined;
  if (typeof name !== 'string') throw invalidForm(field, 'BASE_TYPE_BAD_TYPE', 'Could not interpret value as string.');
  const trimmed = name.trim();
  if (trimmed.length < 1 || [...trimmed].length > 80) throw invalidForm(field, 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 80 in length.');
  if (/clyde|discord/i.test(trimmed)) throw invalidForm(field, 'USERNAME_INVALID_CONTAINS', `Username cannot contain "${/clyde/i.test(trimmed) ? 'clyde' : 'discord'}"`);
  return trimmed;
}

/** @throws {DiscordError} 50035 */
export function nonceOf(form: Form): string | number | undefined {
  const { nonce } = form;
  if (nonce === undefined || nonce === null) return undefined;
  if (typeof nonce !== 'string' && typeof nonce !== 'number') throw invalidForm('nonce', 'BASE_TYPE_BAD_TYPE', 'Could not interpret value.');
  if (String(nonce).length > 25) throw invalidForm('nonce', 'NONCE_TYPE_TOO_LONG', 'Must be 25 or fewer in length.');
  return nonce;
}

/** @throws {DiscordError} 50035 for a URL that Discord would not load. */
export function urlOf(form: Form, field: string): string | undefined {
  const url = form[field];
  if (url === undefined || url === null) return undefined;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url) || !URL.canParse(url)) throw invalidForm(field, 'URL_TYPE_INVALID_URL', 'Not a well formed URL.');
  return url;
}
