import { cleanLine } from './graphemes.ts';
import type { Author } from './message.ts';

const maxNameGraphemes = 64;

/** A person's name as one safe line of at most 64 graphemes; `Someone` where nothing visible is left of it. */
export function authorName(author: Pick<Author, 'name' | 'displayName'>): string {
  return cleanLine(author.displayName, maxNameGraphemes) || cleanLine(author.name, maxNameGraphemes) || 'Someone';
}

/** What a name template may be filled with. */
export interface NameParts {
  readonly author: Pick<Author, 'name' | 'displayName'>;
  /** Display name of the platform that the author is on. */
  readonly platform: string;
  readonly bridge?: string;
}

const usualTemplate = '{name} ({platform})';

/**
 * The name under which an author's messages appear elsewhere, such as `Ana (CometChat)`. With the usual template the platform
 * comes last and is the true one, so an author who is called `Ana (Discord)` reads `Ana (Discord) (CometChat)`. What is
 * filled in is never looked at again: a person called `{platform}` is called just that.
 */
export function authorLabel({ author, platform, bridge = '' }: NameParts, template: string = usualTemplate): string {
  const values: Readonly<Record<string, string>> = {
    name: authorName(author),
    username: cleanLine(author.name, maxNameGraphemes) || authorName(author),
    platform,
    bridge: cleanLine(bridge, maxNameGraphemes),
  };
  return template.replaceAll(/\{(name|username|platform|bridge)\}/g, (whole, key: string) => values[key] ?? whole);
}
