/**
 * What a message is where it is more, or something else, than text and files that somebody wrote here; a bridge can refuse each.
 * `forward` stands beside the others, which are told only of a message that is nothing else.
 */
export const contentKinds = [
  'forward',
  'poll',
  'checklist',
  'location',
  'contact',
  'dice',
  'game',
  'story',
  'paid',
  'giveaway',
  'sticker',
  'embed',
  'custom',
  'rich',
  'call',
] as const;
export type ContentKind = (typeof contentKinds)[number];

/** Whether a message is refused for what it is: a forward, or nothing but what is not wanted. */
export function isUnwanted(kinds: readonly string[] | undefined, unwanted: readonly string[]): boolean {
  if (kinds === undefined || unwanted.length === 0) return false;
  if (kinds.includes('forward') && unwanted.includes('forward')) return true;
  const things = kinds.filter((kind) => kind !== 'forward');
  return things.length > 0 && things.every((kind) => unwanted.includes(kind));
}

/** The part of a message's content that says what it is: nothing for plain text and files. */
export const ofKinds = (...kinds: readonly (ContentKind | undefined)[]): { kinds?: ContentKind[] } => {
  const known = kinds.filter((kind) => kind !== undefined);
  return known.length === 0 ? {} : { kinds: known };
};
