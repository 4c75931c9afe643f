import { cleanLine } from './graphemes.ts';
import type { Author } from './message.ts';

const maxNameGraphemes = 64;

/** A person's name as one safe line of at most 64 graphemes; `Someone` where nothing visible is left of it. */
export function authorName(author: Pick<Author, 'name' | 'displayName'>): string {
  return cleanLine(author.displayName, maxNameGraphemes) || cleanLine(author.name, maxNameGraphemes) || 'Someone';
}

/**
 * The name under which an author's messages appear elsewhere, such as `Ana (CometChat)`. The platform always comes
 * last and is always the true one, so an author who is called `Ana (Discord)` reads `Ana (Discord) (CometChat)`.
 */
export function authorLabel(author: Pick<Author, 'name' | 'displayName'>, originDisplayName: string): string {
  return `${authorName(author)} (${originDisplayName})`;
}
