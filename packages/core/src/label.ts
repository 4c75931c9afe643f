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
  /** Display names of all platforms, for telling a name that imitates one. */
  readonly platforms?: readonly string[];
}

const usualTemplate = '{name} ({platform})';

/**
 * The name under which an author's messages appear elsewhere, such as `Ana (CometChat)`. With the usual template the platform
 * comes last and is the true one, so an author who is called `Ana (Discord)` reads `Ana (Discord) (CometChat)`. What is
 * filled in is never looked at again: a person called `{platform}` is called just that. Where the template leaves the platform
 * out, it is added all the same for a name that ends in a platform's, that calls everybody, or that is the bridge's own.
 */
export function authorLabel(
  { author, platform, bridge = '', platforms = [platform] }: NameParts,
  template: string = usualTemplate,
): string {
  const values: Readonly<Record<string, string>> = {
    name: authorName(author),
    username: cleanLine(author.name, maxNameGraphemes) || authorName(author),
    platform,
    bridge: cleanLine(bridge, maxNameGraphemes),
  };
  const label = template.replaceAll(/\{(name|username|platform|bridge)\}/g, (whole, key: string) => values[key] ?? whole);
  return !template.includes('{platform}') && imitates(label, platforms) ? `${label} (${platform})` : label;
}

/** Names of everybody, and of the bridge's own users. */
const notPeople = /^@?(?:everyone|here|all|bridge|system|app_system)$/iu;

function imitates(label: string, platforms: readonly string[]): boolean {
  // Letters that only look like others are read as those, and signs around the name do not count.
  const seen = label.normalize('NFKC').toLowerCase();
  const end = seen.replace(/[^\p{L}\p{N}]+$/u, '');
  return notPeople.test(seen.trim()) || platforms.some((name) => end.endsWith(name.toLowerCase()));
}
