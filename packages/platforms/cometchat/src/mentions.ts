import type { Body, Inline } from '@bridge/core';

type Names = Readonly<Record<string, { readonly name?: string | undefined } | undefined>>;

/** `<@uid:UID>`, `<@all:…>`, and the older extension's `@{Name|UID}`. https://www.cometchat.com/docs/sdk/javascript/mentions */
const token = /<@uid:([^<>\s]{1,100})>|<@all:([^<>]{0,100})>|@\{([^{}|]{1,100})\|([^{}|\s]{1,100})\}/g;

const nameFor = (names: Names, uid: string): string => (Object.hasOwn(names, uid) ? names[uid]?.name : undefined) || uid;

function mentionFrom(match: RegExpExecArray, names: Names): Inline {
  const [, uid, all, oldName, oldUid] = match;
  if (uid !== undefined) return { type: 'mention', kind: 'user', id: uid, label: nameFor(names, uid) };
  if (all !== undefined) return { type: 'mention', kind: 'everyone', id: 'all', label: 'all' };
  return { type: 'mention', kind: 'user', id: oldUid ?? '', label: oldName ?? '' };
}

/** CometChat's text as a body: plain but for mention tokens, whose names come beside the text. Total and linear. */
export function parseText(text: string, names: Names = {}): Body {
  if (text === '') return [];
  const children: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > at) children.push({ type: 'text', text: text.slice(at, match.index) });
    children.push(mentionFrom(match, names));
    at = match.index + match[0].length;
  }
  if (at < text.length) children.push({ type: 'text', text: text.slice(at) });
  return [{ type: 'paragraph', children }];
}
