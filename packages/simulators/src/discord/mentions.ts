import type { MentionState } from './model.ts';

/** `allowed_mentions`, checked. */
export interface MentionRule {
  readonly parse: readonly ('users' | 'roles' | 'everyone')[];
  readonly users: readonly string[];
  readonly roles: readonly string[];
  readonly repliedUser: boolean;
}

/** What applies where a message says nothing. Source: API reference, "Default Settings for Allowed Mentions". */
export const defaultRules = {
  message: { parse: ['users', 'roles', 'everyone'], users: [], roles: [], repliedUser: true },
  webhook: { parse: ['users'], users: [], roles: [], repliedUser: true },
} as const satisfies Record<string, MentionRule>;

/** Who is mentioned. `repliedTo` is the author of the message replied to; `known` tells the ids of members. */
export function findMentions(
  content: string,
  options: { readonly rule: MentionRule; readonly repliedTo?: string; known(id: string): boolean },
): MentionState {
  const { rule, repliedTo, known } = options;
  if (repliedTo === undefined && !content.includes('@')) return nobody;
  const text = withoutCode(content);
  const users = ids(text, /<@!?(\d{1,20})>/g).filter((id) => known(id) && allowed(rule, 'users', id));
  const roles = ids(text, /<@&(\d{1,20})>/g).filter((id) => allowed(rule, 'roles', id));
  if (repliedTo !== undefined && rule.repliedUser && known(repliedTo) && !users.includes(repliedTo)) users.push(repliedTo);
  return { users, roles, everyone: rule.parse.includes('everyone') && /@(?:everyone|here)\b/.test(text) };
}

const nobody: MentionState = { users: [], roles: [], everyone: false };

const allowed = (rule: MentionRule, kind: 'users' | 'roles', id: string): boolean => rule.parse.includes(kind) || rule[kind].includes(id);

const ids = (text: string, pattern: RegExp): string[] => [...new Set([...text.matchAll(pattern)].flatMap((match) => match[1] ?? []))];

/** Nothing in code is a mention. */
const withoutCode = (text: string): string => (text.includes('`') ? text.replace(/```[\s\S]*?```|``[^\n]*?``|`[^`\n]*`/g, ' ') : text);
