import { keyPart } from './keys.ts';

/**
 * An element of a mailbox is `<id>\n<json>`: the id lets a script recognise the head without being sent, or hashing, the whole.
 * Ids are unique within a queue's waiting entries.
 */
export const encodeEntry = (id: string, value: unknown): string => `${id}\n${JSON.stringify(value)}`;

/** As the scripts tell it; an element without an id has none here, and is nothing that belongs to something else. */
export const entryId = (entry: string): string => entry.slice(0, Math.max(0, entry.indexOf('\n')));

/** The JSON part; an element without an id, which only a foreign hand can have put there, is all body. */
export const entryBody = (entry: string): string => entry.slice(entry.indexOf('\n') + 1);

/** The value, or undefined when the body is not JSON. */
export function decodeEntry(entry: string): unknown {
  try {
    return JSON.parse(entryBody(entry));
  } catch {
    return undefined;
  }
}

/** The id of an entry that comes back from the dead letters: another one, so that no trace of its earlier life is taken for it. */
export function nextLife(id: string): string {
  const [, base = id, life = '1'] = /^(.*)\.r(\d+)$/s.exec(id) ?? [];
  return `${base}.r${Number(life) + 1}`;
}

/** Id of an inbound entry, and name of what deduplicates it. */
export const eventId = (platform: string, eventKey: string): string => `${keyPart(platform)}/${keyPart(eventKey)}`;

/** Name of a conversation's mailbox within the inbound queue, which all platforms share. */
export const inboundMailbox = (platform: string, conversation: string): string => `${keyPart(platform)}/${keyPart(conversation)}`;

/** Name of a conversation's mailbox within its platform's outbound queue. */
export const outboundMailbox = (conversation: string): string => keyPart(conversation);

/** A conversation's name as people should see it in a list of jobs: cut, and on one line. */
export const readable = (name: string): string => name.toWellFormed().replaceAll(/\s+/g, ' ').slice(0, 100);
