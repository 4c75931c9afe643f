import type { Inline } from '@bridge/core';

/** What a reader sees for an id, where the payload tells it; without the leading `@` or `#`. */
export interface Labels {
  user(id: string): string | undefined;
  role(id: string): string | undefined;
  channel(id: string): string | undefined;
}

interface Match {
  readonly node: Inline;
  readonly length: number;
}

const forms = [
  String.raw`@!?(?<user>\d{1,20})`,
  String.raw`@&(?<role>\d{1,20})`,
  String.raw`#(?<channel>\d{1,20})`,
  String.raw`a?:(?<emoji>\w{1,64}):(?<emojiId>\d{1,20})`,
  String.raw`t:(?<unix>-?\d{1,13})(?::[a-zA-Z])?`,
  String.raw`/(?<command>[^<>:\n]{1,100}):\d{1,20}`,
  String.raw`id:(?<page>\w{1,30})`,
  String.raw`(?<url>https?://[^\s<>]{1,2000})`,
];
const angle = new RegExp(`<(?:${forms.join('|')})>`, 'y');

/** `<@1>`, `<#1>`, `<:name:1>`, `<t:0>` and the other forms in angle brackets. Source: Discord's "Message Formatting" reference. */
export function matchAngle(source: string, at: number, labels: Labels): Match | undefined {
  angle.lastIndex = at;
  const match = angle.exec(source);
  const groups: Readonly<Record<string, string | undefined>> = match?.groups ?? {};
  const node = mention(groups, labels) ?? other(groups);
  return match === null || node === undefined ? undefined : { node, length: match[0].length };
}

function mention({ user, role, channel }: Readonly<Record<string, string | undefined>>, labels: Labels): Inline | undefined {
  if (user !== undefined) return { type: 'mention', kind: 'user', id: user, label: labels.user(user) ?? 'user' };
  if (role !== undefined) return { type: 'mention', kind: 'role', id: role, label: labels.role(role) ?? 'role' };
  if (channel !== undefined) return { type: 'mention', kind: 'channel', id: channel, label: labels.channel(channel) ?? 'channel' };
  return undefined;
}

function other({ emoji, emojiId, unix, command, page, url }: Readonly<Record<string, string | undefined>>): Inline | undefined {
  if (emoji !== undefined && emojiId !== undefined) return { type: 'custom-emoji', id: emojiId, name: emoji };
  if (unix !== undefined) return Math.abs(Number(unix)) <= 8.64e12 ? { type: 'timestamp', unix: Number(unix) } : undefined;
  if (command !== undefined) return { type: 'text', text: `/${command}` };
  if (page !== undefined) return { type: 'text', text: `#${page}` };
  return url === undefined ? undefined : { type: 'link', href: url, children: [{ type: 'text', text: url }] };
}

const everyone = /@(everyone|here)\b/y;

/** `@everyone` or `@here` at this place. */
export function matchEveryone(source: string, at: number): Match | undefined {
  everyone.lastIndex = at;
  const label = everyone.exec(source)?.[1];
  return label === undefined ? undefined : { node: { type: 'mention', kind: 'everyone', id: label, label }, length: label.length + 1 };
}
