import { describe, expect, test } from 'vitest';
import type { PlatformName } from '../support/world.ts';
import { createAttempts } from './attempts.ts';
import { type Written, audit } from './audit.ts';
import { type Copy, type Original, keyOf } from './ledger.ts';
import { verdictOf } from './rules.ts';
import type { ChaosReport } from './run.ts';
import { type Doses, drawSchedule } from './schedule.ts';

// A ledger that cannot complain proves nothing: here is each thing that it must complain of.
const original = (number: number, more: Partial<Original> = {}): Original => ({
  platform: 'discord',
  room: 0,
  number,
  id: `9${number}`,
  revision: 0,
  deleted: false,
  rank: number + 1,
  overtaken: false,
  ...more,
});
const copy = (of: Original, target: PlatformName, more: Partial<Copy> = {}): Copy => ({
  target,
  room: of.room,
  id: `${target}-${of.number}`,
  key: keyOf(of),
  text: keyOf(of),
  revisions: [of.revision],
  deleted: of.deleted,
  ...more,
});
const written = (originals: readonly Original[], copies: readonly Copy[], more: Partial<Written> = {}): Written => ({
  originals: new Map(originals.map((one) => [keyOf(one), one])),
  copies,
  strays: [],
  unaccepted: new Map(),
  ...more,
});
const both = (of: Original): readonly Copy[] => [copy(of, 'cometchat'), copy(of, 'telegram')];
const marked = (...lines: readonly object[]) => {
  const attempts = createAttempts();
  // In pieces, as a pipe gives them.
  const take = attempts.reader();
  for (const piece of lines
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
    .match(/.{1,7}|\n/gs) ?? [])
    take(piece);
  return attempts;
};
const ambiguousTo = (target: PlatformName, more: object = {}) => ({
  msg: 'delivery.attempted',
  bridge: 'bridge-0',
  event: 'discord_90',
  target,
  type: 'message.created',
  attempt: 2,
  ambiguous: true,
  ...more,
});
/** As the journeys tell of it when it goes well. */
const delivered = (attempts: ReturnType<typeof marked>, ledger: Written) => {
  for (const { room, platform, id } of ledger.originals.values())
    for (const target of ['cometchat', 'discord', 'telegram'])
      attempts.journeyed(
        JSON.stringify({
          bridge: `bridge-${room}`,
          event: `${platform}_${id}`,
          target: { platform: target },
          type: 'message.created',
          step: 'delivered',
        }),
      );
  return attempts;
};
const judge = (ledger: Written, attempts = marked()) => {
  const judged = audit(ledger, delivered(attempts, ledger));
  const report: ChaosReport = {
    seed: 1,
    events: 1_000,
    audit: judged,
    attempts: 0,
    failures: {},
    acts: { kill: 0, freeze: 0, restart: 0, 'kill-redis': 0, 'drop-gateway': 0 },
    faults: { cometchat: {}, discord: {}, telegram: {} },
    leftovers: [],
    dead: 0,
    exitCodes: [0],
    failed: [],
    tookMs: 0,
    drainedMs: 0,
    complaints: [],
  };
  return { ...judged, report, verdict: verdictOf(report) };
};
const [first, second] = [original(0), original(1)];

describe('the ledger has nothing against', () => {
  test('one copy on each other platform, in order', () => {
    expect(judge(written([first, second], [...both(first), ...both(second)]))).toMatchObject({ expected: 4, verdict: [] });
  });

  test('edits and deletes that arrived', () => {
    const edited = original(0, { revision: 2 });
    const gone = original(1, { deleted: true });
    const copies = [copy(edited, 'cometchat', { revisions: [0, 1, 2] }), copy(edited, 'telegram'), ...both(gone)];
    expect(judge(written([edited, gone], copies)).verdict).toEqual([]);
  });

  test('what was never accepted, whether it arrived or not, as long as it is little', () => {
    const refused = original(1, { platform: 'cometchat', rank: undefined });
    const unaccepted = new Map([['sent 91', refused]]);
    expect(judge(written([first, refused], both(first), { unaccepted }))).toMatchObject({ expected: 2, notAccepted: 1, verdict: [] });
    expect(judge(written([first, refused], [copy(refused, 'discord'), ...both(first)], { unaccepted })).verdict).toEqual([]);
    const many = Array.from({ length: 300 }, (_, n) => original(n, { platform: 'cometchat', rank: undefined }));
    const told = judge(written(many, [], { unaccepted: new Map(many.map((one) => [`sent ${one.id}`, one])) })).verdict;
    expect(told).toEqual([expect.stringContaining('what CometChat dropped')]);
  });

  test('a second copy whose mark only the journeys have, and a third one of a third attempt', () => {
    const step = (attempt: number) =>
      JSON.stringify({ ...ambiguousTo('telegram', { attempt }), target: { platform: 'telegram' }, step: 'delivered' });
    const copies = [...both(first), copy(first, 'telegram'), copy(first, 'telegram')];
    const attempts = marked();
    attempts.journeyed(step(2));
    expect(judge(written([first], copies), attempts).verdict).not.toEqual([]);
    attempts.journeyed(step(3));
    expect(judge(written([first], copies), attempts)).toMatchObject({ verdict: [], ambiguous: { telegram: 2 } });
  });

  test('what CometChat told too late: neither its order nor how it looks in the end', () => {
    const late = original(0, { platform: 'cometchat', rank: 3, overtaken: true, revision: 2 });
    const copies = [
      copy(second, 'telegram'),
      copy(late, 'telegram', { revisions: [0, 2, 1] }),
      copy(late, 'discord'),
      copy(second, 'cometchat'),
    ];
    expect(judge(written([late, second], copies)).verdict).toEqual([]);
    const halfTold = original(0, { platform: 'cometchat', revision: 1 });
    const shown = [copy(halfTold, 'telegram', { revisions: [0] }), copy(halfTold, 'discord', { revisions: [0] })];
    expect(judge(written([halfTold], shown)).verdict).not.toEqual([]);
    expect(judge(written([halfTold], shown, { unaccepted: new Map([['edited 90 1', halfTold]]) })).verdict).toEqual([]);
  });

  test('a second copy on Telegram of an attempt that was marked ambiguous', () => {
    const copies = [...both(first), copy(first, 'telegram')];
    const { ambiguous, verdict } = judge(written([first], copies), marked(ambiguousTo('telegram')));
    expect([ambiguous, verdict]).toEqual([{ cometchat: 0, discord: 0, telegram: 1 }, []]);
  });
});

describe('the ledger tells', () => {
  const only = (what: string) => [expect.stringMatching(new RegExp(`^${what}: 1, such as `))];

  test('a copy that is not there', () => {
    expect(judge(written([first], [copy(first, 'telegram')])).verdict).toEqual(only('lost'));
  });

  test.each([
    ['nobody wrote it', copy(original(7), 'telegram', { key: undefined })],
    ['its number was never written', copy(original(7), 'telegram')],
    ['it is in another room', copy(first, 'telegram', { room: 1 })],
    ['it is where it came from', copy(first, 'discord')],
    ['it is of a text that was never written', copy(first, 'telegram', { revisions: [0, 1, 0] })],
  ])('a copy that should not be: %s', (_why, stray) => {
    expect(judge(written([first], [...both(first), stray]), marked(ambiguousTo('telegram'))).verdict).toContainEqual(
      expect.stringMatching(/^unexpected: 1/),
    );
  });

  test('a change of something that is no copy, and a delete that nobody asked for', () => {
    expect(judge(written([first], both(first), { strays: ['edited telegram 0 5'] })).verdict).toEqual(only('unexpected'));
    const deleted = [copy(first, 'cometchat'), copy(first, 'telegram', { deleted: true })];
    expect(judge(written([first], deleted)).verdict).toContainEqual(expect.stringMatching(/^unexpected: 1/));
  });

  test('copies out of order, by the order of acceptance', () => {
    const late = [...both(second), ...both(first)];
    expect(judge(written([first, second], late)).reordered).toEqual(['cometchat: m:discord:0:0', 'telegram: m:discord:0:0']);
    const acceptedLate = [original(0, { rank: 2 }), original(1, { rank: 1 })];
    expect(judge(written(acceptedLate, late)).verdict).toEqual([]);
  });

  test('edits out of order', () => {
    const edited = original(0, { revision: 2 });
    const copies = [copy(edited, 'cometchat'), copy(edited, 'telegram', { revisions: [0, 2, 1, 2] })];
    expect(judge(written([edited], copies)).verdict).toEqual(only('out of order'));
  });

  test('a copy that does not show in the end what its original does', () => {
    const edited = original(0, { revision: 1 });
    const copies = [copy(edited, 'cometchat'), copy(edited, 'telegram', { revisions: [0] })];
    expect(judge(written([edited], copies)).verdict).toEqual(only('not as the original in the end'));
    const deleted = original(0, { deleted: true });
    const left = [copy(deleted, 'cometchat'), copy(deleted, 'telegram', { deleted: false })];
    expect(judge(written([deleted], left)).verdict).toEqual(only('not as the original in the end'));
  });

  test.each([
    ['no mark at all', []],
    ['the mark of another target', [ambiguousTo('cometchat')]],
    ['the mark of another message', [ambiguousTo('telegram', { event: 'discord_91' })]],
    ['the mark of another bridge', [ambiguousTo('telegram', { bridge: 'bridge-1' })]],
    ['the mark of an edit', [ambiguousTo('telegram', { type: 'message.edited' })]],
    ['an attempt that was not ambiguous', [ambiguousTo('telegram', { ambiguous: false })]],
  ])('a second copy with %s', (_what, lines) => {
    const copies = [...both(first), copy(first, 'telegram')];
    expect(judge(written([first], copies), marked(...lines)).verdict).toEqual(only('twice without an ambiguous attempt'));
  });

  test('a delivery that the journeys do not tell of', () => {
    expect(audit(written([first], both(first)), marked()).untold).toEqual(['cometchat: m:discord:0:0', 'telegram: m:discord:0:0']);
  });

  test('a third copy of one ambiguous attempt', () => {
    const copies = [...both(first), copy(first, 'telegram'), copy(first, 'telegram')];
    expect(judge(written([first], copies), marked(ambiguousTo('telegram'))).verdict).toEqual(only('twice without an ambiguous attempt'));
  });

  test.each([
    ['left in Redis', { leftovers: ['{t:0}:mailbox:inbound:a'] }],
    ['dead letters', { dead: 1 }],
    ['dead letters', { dead: -1 }],
    ['exit codes', { exitCodes: [0, null] }],
    ['processes that failed', { failed: ['sender 7 ended with 1:'] }],
  ] satisfies [string, Partial<ChaosReport>][])('%s', (what, more) => {
    const { report } = judge(written([first], both(first)));
    expect(verdictOf({ ...report, ...more })).toEqual(only(what));
  });
});

describe('a schedule', () => {
  const doses: Doses = { durationMs: 60_000, kills: 9, freezes: 3, restarts: 3, redisKills: 2, gatewayDrops: 2 };
  const seeds = Array.from({ length: 200 }, (_, n) => n + 1);

  test('is the same one for the same seed, and another one for another', () => {
    expect(drawSchedule(5, doses)).toEqual(drawSchedule(5, doses));
    expect(drawSchedule(5, doses)).not.toEqual(drawSchedule(6, doses));
  });

  test('has what it was told to have, in the order of time, and ends in time', () => {
    for (const seed of seeds) {
      const { acts } = drawSchedule(seed, doses);
      const counts = Object.fromEntries([...Map.groupBy(acts, ({ kind }) => kind)].map(([kind, list]) => [kind, list.length]));
      expect(counts).toEqual({ kill: 9, freeze: 3, restart: 3, 'kill-redis': 2, 'drop-gateway': 2 });
      expect(acts.map(({ atMs }) => atMs)).toEqual(acts.map(({ atMs }) => atMs).toSorted((one, other) => one - other));
      for (const act of acts) {
        expect(act.atMs).toBeGreaterThan(0);
        expect(act.atMs + (act.kind === 'freeze' ? act.forMs : 0)).toBeLessThan(doses.durationMs);
      }
    }
  });

  test('kills every role', () => {
    for (const seed of seeds) {
      const roles = drawSchedule(seed, doses).acts.flatMap((act) => (act.kind === 'kill' ? [act.role] : []));
      expect(new Set(roles).size).toBe(4);
    }
  });

  test('freezes for longer than locks and leases last', () => {
    const freezes = seeds.flatMap((seed) => drawSchedule(seed, doses).acts.flatMap((act) => (act.kind === 'freeze' ? [act.forMs] : [])));
    expect(Math.min(...freezes)).toBeGreaterThan(10_500);
  });
});
