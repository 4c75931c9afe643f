import type { Fault } from '@bridge/simulators';
import { type PlatformName, platformNames } from '../support/world.ts';
import type { PeerCell, TimedFault } from './peer-run.ts';

/** A cell of the table, with what the peer lost in its own: one source, one target. */
export interface ComparedCell extends PeerCell {
  readonly what: string;
  /** Lost by matterbridge 1.26.1-dev, and of how many. */
  readonly peerLost: string;
}

/** In the middle of 20 s of messages, at all three platforms at once: nobody can be reached. */
const outage = (fault: Fault): PeerCell => ({
  sources: platformNames,
  messages: 500,
  perSecond: 25,
  faults: [{ platforms: platformNames, fault, fromMs: 5_000, forMs: 10_000 }],
});
const killed: PeerCell = {
  sources: platformNames,
  messages: 500,
  perSecond: 25,
  kill: { fromMs: 8_000, forMs: 3_000 },
  patienceMs: 300_000,
};

/** By the name under which `tests/chaos/peer.ts` runs it. */
export const peerCells: Readonly<Record<string, ComparedCell>> = {
  '500': { what: 'HTTP 500 for 10 s', peerLost: '250 of 500', ...outage({ kind: 'status', status: 500 }) },
  '502': { what: 'HTTP 502 with a page of HTML for 10 s', peerLost: '250 of 500', ...outage({ kind: 'status', status: 502, html: true }) },
  '429': { what: 'HTTP 429 for 10 s', peerLost: '250 of 500, to Telegram', ...outage({ kind: 'rate-limit', retryAfterMs: 1_000 }) },
  reset: { what: 'connections reset for 10 s', peerLost: '250 of 500', ...outage({ kind: 'reset' }) },
  'accept-then-reset': { what: 'taken, then reset, for 10 s', peerLost: '0 of 500', ...outage({ kind: 'accept-then-reset' }) },
  hang: { what: 'no answer for 10 s', peerLost: '1 of 500', ...outage({ kind: 'hang' }) },
  kill: { what: 'kill -9, down for 3 s', peerLost: '76 of 500', ...killed },
  'kill-backlog': { what: 'the same with a pile: API calls take 100 ms', peerLost: '197 of 500', ...killed, latencyMs: 100 },
  'kill-burst': {
    what: 'kill -9 in a burst of 500, down for 3 s',
    peerLost: '470 of 500',
    sources: platformNames,
    messages: 500,
    kill: { fromMs: 0, arrived: 60, forMs: 3_000 },
  },
  group: {
    what: 'one Telegram group, its limits on, 1/s for 60 s',
    peerLost: '40 of 60',
    sources: ['discord'],
    messages: 60,
    perSecond: 1,
    limits: true,
  },
};

const each = (platform: PlatformName, fault: Fault, fromMs: number): TimedFault => ({ platforms: [platform], fault, fromMs, times: 2 });

/** Part of `npm test`: less of it, and different things at each platform; by counts, so that a slow machine meets them too. */
export const shortCells: Readonly<Record<string, PeerCell>> = {
  'faults of every kind': {
    sources: platformNames,
    messages: 150,
    perSecond: 25,
    faults: [
      each('discord', { kind: 'hang' }, 0),
      each('telegram', { kind: 'rate-limit', retryAfterMs: 1_000 }, 0),
      each('telegram', { kind: 'status', status: 502, html: true }, 2_000),
      each('telegram', { kind: 'accept-then-reset' }, 4_000),
      each('cometchat', { kind: 'status', status: 500 }, 0),
      each('cometchat', { kind: 'reset' }, 2_000),
      each('cometchat', { kind: 'accept-then-reset' }, 4_000),
    ],
  },
  'kill -9 in a burst': { sources: ['discord', 'telegram'], messages: 100, kill: { fromMs: 0, arrived: 20, forMs: 1_000 } },
};
