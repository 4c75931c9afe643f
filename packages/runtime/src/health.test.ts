import { type SourceStatus, conversationId, platformId } from '@bridge/core';
import type { Heartbeat, QueueDepth, RoleContext } from './index.ts';
import { createPigeon } from './testing/index.ts';
import { describe, expect, test } from 'vitest';
import { health } from './health.ts';
import type { Snapshot } from './snapshot.ts';

const stream = { run: () => Promise.resolve() };
const platforms = [createPigeon(), createPigeon({ id: 'raven', stream })];
const configured: Pick<RoleContext, 'configured'> = { configured: new Map(platforms.map((one) => [one.platform.id, one])) };

const beat = (roles: readonly string[], raven?: SourceStatus): Heartbeat => ({
  id: roles.join(),
  roles,
  pid: 1,
  version: '1',
  startedAt: 0,
  sources: raven === undefined ? {} : { raven },
});
const depth = (queue: string, pausedReason?: string): QueueDepth => ({
  queue,
  waiting: 0,
  conversations: 0,
  oldestWaitingMs: 0,
  dead: 0,
  ...(pausedReason === undefined ? {} : { pausedReason }),
});
const workers = beat(['router', 'sender']);
const connected: SourceStatus = { state: 'connected', guilds: 1 };

function judge(snapshot: Partial<Snapshot>) {
  return health(configured, {
    redis: true,
    depths: [depth('inbound')],
    heartbeats: [workers, beat(['gateway'], connected)],
    moved: [],
    ...snapshot,
  });
}

test('healthy when everything configured works, in the published shape', () => {
  expect(judge({})).toEqual({
    status: 'healthy',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    services: { pigeon: { status: 'active' }, raven: { status: 'connected', guilds: 1 } },
  });
});

describe('degraded', () => {
  test.each([
    ['no router', [beat(['sender']), beat(['gateway'], connected)], 'No router is running; start one with `bridge start --roles router`.'],
    ['no sender', [beat(['router']), beat(['gateway'], connected)], 'No sender is running; start one with `bridge start --roles sender`.'],
    ['no gateway', [workers], 'raven: no gateway is running; start one with `bridge start --roles gateway`'],
    ['only gateways that stand by', [workers, beat(['gateway'])], 'raven: a gateway stands by and connects within seconds'],
    ['a failed connection', [workers, beat(['gateway'], { state: 'failed', detail: 'wrong token' })], 'raven: wrong token'],
    ['a connection under way', [workers, beat(['gateway'], { state: 'connecting' })], 'raven: connecting'],
    ['a lost connection', [workers, beat(['gateway'], { state: 'disconnected', detail: 'reset' })], 'raven: reset'],
  ])('with %s', (_what, heartbeats, problem) => {
    expect(judge({ heartbeats })).toMatchObject({ status: 'degraded', problems: [problem] });
  });

  test('while a platform is paused for its credential, whatever its connection says', () => {
    expect(judge({ depths: [depth('outbound-raven', 'the credential was rejected'), depth('outbound-pigeon')] })).toMatchObject({
      status: 'degraded',
      services: { pigeon: { status: 'active' }, raven: { status: 'paused', detail: 'the credential was rejected' } },
      problems: ['raven: the credential was rejected'],
    });
  });
});

test('of several gateways the one that holds the connection speaks', () => {
  const states: SourceStatus[] = [
    { state: 'disconnected', detail: 'reset' },
    { state: 'connecting' },
    { state: 'failed', detail: 'wrong token' },
    connected,
  ];
  const heartbeats = [workers, ...states.map((state) => beat(['gateway'], state))];
  expect(judge({ heartbeats }).services['raven']).toEqual({ status: 'connected', guilds: 1 });
  expect(judge({ heartbeats: heartbeats.slice(0, -1) }).services['raven']).toEqual({ status: 'failed', detail: 'wrong token' });
  expect(judge({ heartbeats: heartbeats.slice(0, -2) }).services['raven']).toEqual({ status: 'connecting' });
});

test('unhealthy without Redis, of which nothing else is known then', () => {
  expect(judge({ redis: false, depths: [], heartbeats: [] })).toMatchObject({
    status: 'unhealthy',
    services: { pigeon: { status: 'unknown' }, raven: { status: 'unknown' } },
    problems: ['Redis does not answer; events are refused with 503 until it does.'],
  });
});

test('a member that moved is a note and no problem', () => {
  const moved = { bridge: 'town', platform: 'pigeon', member: conversationId('-1'), now: conversationId('-100') };
  expect(judge({ moved: [moved] })).toMatchObject({
    status: 'healthy',
    notes: ['pigeon conversation -1 is -100 now: in bridges.yaml, bridge town, write the new id.'],
  });
  expect(judge({})).not.toHaveProperty('notes');
});

test('a platform that is not configured is not told of', () => {
  expect(Object.keys(health({ configured: new Map() }, { redis: true, depths: [], heartbeats: [workers], moved: [] }).services)).toEqual(
    [],
  );
  expect(platformId('pigeon')).toBe('pigeon');
});
