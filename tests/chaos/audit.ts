import { type PlatformName, platformNames } from '../support/world.ts';
import type { Attempts } from './attempts.ts';
import { type Copy, type Ledger, type Original, keyOf } from './ledger.ts';

/** The ledger's verdict: what was accepted against what arrived. */
export interface Audit {
  /** Copies that had to arrive. */
  readonly expected: number;
  readonly lost: readonly string[];
  /** Copies, and changes of copies, that nobody asked for. */
  readonly unexpected: readonly string[];
  /** Copies that came after a later one of the same source room, and edits after later ones. */
  readonly reordered: readonly string[];
  /** Copies that do not show in the end what their original shows, or are there although it is not. */
  readonly stale: readonly string[];
  /** Second and further copies, each with a mark of the sender that its attempt was ambiguous. */
  readonly ambiguous: Readonly<Record<PlatformName, number>>;
  /** Second and further copies without one. */
  readonly duplicated: readonly string[];
  /** Copies whose delivery the journeys do not tell of. */
  readonly untold: readonly string[];
  /** CometChat's events that no call was answered 2xx for, in all that CometChat tried. */
  readonly notAccepted: number;
  /** Originals whose events CometChat told in another order than they happened in. */
  readonly overtaken: number;
}

/** What of a ledger is judged. */
export type Written = Pick<Ledger, 'originals' | 'copies' | 'strays' | 'unaccepted'>;

export function audit(ledger: Written, attempts: Pick<Attempts, 'ambiguous' | 'ended'>): Audit {
  for (const original of ledger.unaccepted.values()) original.overtaken = true;
  const copies = Map.groupBy(ledger.copies, (copy) => `${copy.target} ${copy.key}`);
  const found = {
    expected: 0,
    lost: [] as string[],
    stale: [] as string[],
    duplicated: [] as string[],
    untold: [] as string[],
    ambiguous: { cometchat: 0, discord: 0, telegram: 0 },
  };
  for (const original of ledger.originals.values()) {
    for (const target of platformNames.filter((platform) => platform !== original.platform)) {
      const there = copies.get(`${target} ${keyOf(original)}`) ?? [];
      if (original.rank !== undefined) judgeCopies(original, { target, there, found });
      const name = { bridge: `bridge-${original.room}`, event: `${original.platform}_${original.id}`, target };
      if (original.rank !== undefined && !attempts.ended(name)) found.untold.push(`${target}: ${keyOf(original)}`);
      // Each attempt makes one copy at most, and from the second copy on the sender must have known that it may be one.
      const explained = Math.max(1, attempts.ambiguous(name));
      found.ambiguous[target] += Math.max(0, Math.min(there.length, explained) - 1);
      if (there.length > explained) found.duplicated.push(`${target}: ${keyOf(original)}, ${there.length} copies, ${explained} explained`);
    }
  }
  const originals = [...ledger.originals.values()];
  return {
    ...found,
    unexpected: [...ledger.strays, ...unexpected(ledger)],
    reordered: reordered(ledger),
    notAccepted: ledger.unaccepted.size,
    overtaken: originals.filter((original) => original.overtaken).length,
  };
}

interface Judged {
  readonly target: PlatformName;
  readonly there: readonly Copy[];
  readonly found: { expected: number; readonly lost: string[]; readonly stale: string[] };
}

function judgeCopies(original: Original, { target, there, found }: Judged): void {
  found.expected += 1;
  if (there.length === 0) return void found.lost.push(`${target}: ${keyOf(original)}`);
  if (original.overtaken) return;
  // Of two copies an edit or delete finds one: the other is what a duplicate costs.
  const right = there.some((copy) => (original.deleted ? copy.deleted : !copy.deleted && copy.revisions.at(-1) === original.revision));
  if (right) return;
  const shown = there.map((copy) => `r${copy.revisions.at(-1)}${copy.deleted ? ' deleted' : ''}`).join(', ');
  found.stale.push(`${target}: ${keyOf(original)} is r${original.revision}${original.deleted ? ' deleted' : ''}, its copy ${shown}`);
}

function unexpected({ copies, originals }: Written): string[] {
  return copies
    .filter(({ key, target, room, deleted, revisions }) => {
      const original = originals.get(key ?? '');
      if (original === undefined || original.room !== room || original.platform === target) return true;
      return (deleted && !original.deleted) || revisions.some((revision) => revision > original.revision);
    })
    .map(({ target, room, text }) => `${target} ${room}: ${text}`);
}

function reordered({ copies, originals }: Written): string[] {
  const latest = new Map<string, number>();
  const seen = new Set<string>();
  const found: string[] = [];
  for (const { target, room, key = '', revisions } of copies) {
    const original = originals.get(key);
    // One that came before it was seen to be accepted has no place; a second copy is told as such.
    if (original?.rank === undefined || original.overtaken) continue;
    if (revisions.some((revision, at) => revision < (revisions[at - 1] ?? 0)))
      found.push(`${target}: ${key} showed r${revisions.join(', r')}`);
    if (seen.has(`${target} ${key}`)) continue;
    seen.add(`${target} ${key}`);
    const direction = `${original.platform} ${room} ${target}`;
    const before = latest.get(direction) ?? 0;
    if (original.rank < before) found.push(`${target}: ${key}`);
    latest.set(direction, Math.max(before, original.rank));
  }
  return found;
}
