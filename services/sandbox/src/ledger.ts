import type { LedgerView } from './protocol.ts';
import type { World } from './world.ts';

/** What the simulators count: the bridge's own word is asked only for what still waits. */
export interface Ledger {
  view(queues: Queued): LedgerView;
  close(): void;
}

/** What the bridge says of its queues; undefined while it does not answer. */
export type Queued = { readonly waiting: number; readonly dead: number } | undefined;

/** A platform sends again what the bridge did not take, CometChat after 10 and 30 s: only then is a message surely lost. */
const settledMs = 45_000;

/** Counts what people write, and what arrives of it in the two other chats. */
export function createLedger(world: World, now: () => number = () => performance.now()): Ledger {
  let written = 0;
  let arrived = 0;
  let changedAt = now();
  const stops = world.chats.map((chat) =>
    chat.simulator.onChange(({ kind, message }) => {
      if (kind !== 'posted' || message.room !== chat.room) return;
      if (message.viaApi) arrived += 1;
      else written += 1;
      changedAt = now();
    }),
  );
  return {
    view: (queued) => {
      const expected = written * (world.chats.length - 1);
      // A long text arrives as several messages.
      const missing = Math.max(0, expected - arrived - (queued?.dead ?? 0));
      const settled = queued?.waiting === 0 && now() - changedAt > settledMs;
      return {
        written,
        arrived: expected - missing - (queued?.dead ?? 0),
        underWay: settled ? 0 : missing,
        dead: queued?.dead ?? 0,
        lost: settled ? missing : 0,
      };
    },
    close: () => {
      for (const stop of stops) stop();
    },
  };
}
