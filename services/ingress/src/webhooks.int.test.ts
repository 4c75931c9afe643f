import { generateKeyPairSync, sign } from 'node:crypto';
import { type RawEvent, type Received, conversationId, refuseUrls } from '@bridge/core';
import { type ActivePlatform, discoverPlatforms } from '@bridge/runtime';
import { createPigeon, pigeonEvent, setStage, soon } from '@bridge/runtime/testing';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { genuine, serve } from './fixtures/served.ts';

const stage = setStage();
const event = (change: object = {}) => JSON.stringify(pigeonEvent(change));
const ok = { status: 200, body: { ok: true } };
const error = (status: number, code: string) => ({ status, body: { error: { code, message: expect.any(String) } } });

describe('what is wrong is told in this order', () => {
  test.each([
    ['the secret, whatever else is', { 'content-type': 'text/plain', 'x-ring': 'wrong' }, '{', error(401, 'unauthorised')],
    ['the secret that is missing', { 'content-type': 'application/json' }, '{}', error(401, 'unauthorised')],
    ['the content type', { ...genuine, 'content-type': 'text/plain' }, '{', error(415, 'unsupported_media_type')],
    [
      'the content type that only begins like JSON',
      { ...genuine, 'content-type': 'application/jsonp' },
      '{}',
      error(415, 'unsupported_media_type'),
    ],
    ['the JSON', genuine, '{', error(400, 'bad_json')],
    ['the body that is missing', genuine, '', error(400, 'bad_json')],
    ['nothing', { ...genuine, 'content-type': 'Application/vnd.pigeon+JSON ; charset=utf-8' }, event(), ok],
  ])('%s', async (_what, headers, body, expected) => {
    const { post } = await serve(stage, { platforms: [createPigeon()] });
    expect(await post('/pigeon', body, headers)).toMatchObject(expected);
  });

  test('a refused caller learns nothing, and the log has the reason, not more often than it helps', async () => {
    const { post, lines, metrics } = await serve(stage, { platforms: [createPigeon()] });
    const answers = await Promise.all(['', 'wrong', 'nearly-right'].map((guess) => post('/pigeon', '{}', { ...genuine, 'x-ring': guess })));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(lines.filter(({ msg }) => String(msg).startsWith('webhook refused'))).toEqual([
      expect.objectContaining({ level: 'warn', platform: 'pigeon', reason: 'wrong-ring' }),
    ]);
    expect(await metrics()).toContain('bridge_webhooks_refused_total{platform="pigeon",status="401"} 3');
  });

  test('a body over 1 MB, before anything can be verified; counted too', async () => {
    const { post, metrics } = await serve(stage, { platforms: [createPigeon()] });
    expect(await post('/pigeon', 'x'.repeat(1_000_001), {})).toMatchObject(error(413, 'too_large'));
    expect(await metrics()).toContain('bridge_webhooks_refused_total{platform="pigeon",status="413"} 1');
  });

  test('that a platform is not configured, or served by another process', async () => {
    const [pigeon, raven, owl] = [createPigeon(), createPigeon({ id: 'raven' }), createPigeon({ id: 'owl', webhook: false })];
    const known = [pigeon, raven, owl, createPigeon({ id: 'dodo' })].map(({ platform }) => platform);
    const { post } = await serve(stage, { platforms: [pigeon, raven, owl], known, only: [pigeon.platform.id, owl.platform.id] });
    for (const path of ['/raven', '/owl', '/dodo']) expect(await post(path, '{}')).toMatchObject(error(404, 'not_configured'));
    expect(await post('/dragon', '{}')).toMatchObject(error(404, 'not_found'));
  });
});

describe('what is authentic', () => {
  test('is in Redis, as it came, when it is answered', async () => {
    const { post, inbound, metrics } = await serve(stage, { platforms: [createPigeon()] });
    const hostile = { ...pigeonEvent(), ['__proto__']: null, extra: { 'a:b{c}': ['\u0000', '☕'] } };
    expect(await post('/pigeon', JSON.stringify(hostile))).toMatchObject(ok);
    expect(await inbound('pigeon/loft')).toEqual([
      {
        v: 1,
        platform: 'pigeon',
        conversation: 'loft',
        eventKey: 'k1',
        receivedAt: expect.any(Number),
        raw: JSON.parse(JSON.stringify(hostile)),
      },
    ]);
    expect(await post('/pigeon', JSON.stringify(hostile))).toMatchObject(ok);
    expect(await inbound('pigeon/loft')).toHaveLength(1);
    expect(await metrics()).toContain('bridge_events_accepted_total{platform="pigeon",result="duplicate"} 1');
  });

  test('but not understood is answered 200, counted and logged', async () => {
    const { post, lines, metrics, context } = await serve(stage, { platforms: [createPigeon()] });
    for (const body of ['{"brand_new":1}', 'null', '[]', '"text"', '[[[['.padEnd(100_000, '[').padEnd(200_000, ']')])
      expect((await post('/pigeon', body)).status).toBe(200);
    expect(await metrics()).toContain('bridge_events_ignored_total{platform="pigeon",reason="not-a-pigeon"} 5');
    expect(lines.filter(({ msg, reason }) => msg === 'event ignored' && reason === 'not-a-pigeon')).toHaveLength(5);
    expect((await context.queues.depths())[0]).toMatchObject({ waiting: 0 });
  });

  test.each<[string, Received, unknown]>([
    ['with an event', { ok: true, events: [], reply: { type: 5 } }, { type: 5 }],
    ['without one', { ok: false, reason: 'ping', reply: { type: 1 } }, { type: 1 }],
    ['that is empty', { ok: false, reason: 'before', reply: {} }, {}],
    ['that is null', { ok: true, events: [], reply: null }, { ok: true }],
  ])('gets the reply that its platform expects: one %s', async (_what, received, expected) => {
    const { post } = await serve(stage, { platforms: [createPigeon({ receive: () => received })] });
    expect(await post('/pigeon', '{}')).toMatchObject({ status: 200, body: expected });
  });
});

describe('several events in one request', () => {
  const one = (n: number, eventKey = `k${n}`): RawEvent => ({ eventKey, conversation: conversationId('loft'), raw: n });

  test('keep their order; one that can never be taken does not hold up the others', async () => {
    const platforms = [createPigeon({ receive: () => ({ ok: true, events: [one(1), one(2, ''), one(3)] }) })];
    const { post, inbound, metrics, lines } = await serve(stage, { platforms });
    expect(await post('/pigeon', '{}')).toMatchObject(ok);
    expect((await inbound('pigeon/loft')).map(({ raw }) => raw)).toEqual([1, 3]);
    expect(await metrics()).toContain('bridge_events_ignored_total{platform="pigeon",reason="unacceptable"} 1');
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', msg: 'event has no usable key or conversation' }));
  });

  test('are refused together when Redis takes only some, and taken once when they come again', async () => {
    const platforms = [createPigeon({ receive: () => ({ ok: true, events: [one(1), one(2)] }) })];
    const { post, inbound, metrics } = await serve(stage, { platforms });
    expect(await post('/pigeon', '{}')).toMatchObject(ok);
    await stage.server().pause();
    try {
      const refused = await post('/pigeon', '{}');
      expect(refused).toMatchObject(error(503, 'queue_unavailable'));
      expect(refused.headers.get('retry-after')).toBe('5');
    } finally {
      await stage.server().resume();
    }
    await vi.waitFor(async () => expect((await post('/pigeon', '{}')).status).toBe(200), soon);
    expect((await inbound('pigeon/loft')).map(({ raw }) => raw)).toEqual([1, 2]);
    expect(await metrics()).toContain('bridge_webhooks_refused_total{platform="pigeon",status="503"} 1');
  });
});

test('a fault of the platform’s own code is 500 without a word of it', async () => {
  const receive = () => {
    throw new Error('hunter22');
  };
  const { post, lines } = await serve(stage, { platforms: [createPigeon({ receive })] });
  const answer = await post('/pigeon', '{}');
  expect(answer).toMatchObject(error(500, 'internal'));
  expect(JSON.stringify(answer.body)).not.toContain('hunter22');
  expect(lines).toContainEqual(expect.objectContaining({ level: 'error', msg: 'request failed' }));
});

describe('interactions of Discord', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const hex = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  let platform: ActivePlatform['platform'] | undefined;

  beforeAll(async () => {
    platform = (await discoverPlatforms()).find(({ id }) => id === 'discord');
  }, 60_000);

  async function discord(key?: string) {
    if (platform === undefined) throw new Error('there is no Discord');
    const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const token = `${Buffer.from('1100000000000000001').toString('base64url')}.tests.secret`;
    const instance = platform.create(
      { token, publicKey: key, senderMode: 'webhook', apiUrl: 'http://127.0.0.1:9/api' },
      { log, requireAuth: true, openUrl: refuseUrls },
    );
    return serve(stage, { platforms: [{ platform, instance }] });
  }

  function signed(body: string, timestamp = '1760000000', signedBody = body) {
    const signature = sign(null, Buffer.from(timestamp + signedBody), privateKey).toString('hex');
    return { 'content-type': 'application/json', 'x-signature-ed25519': signature, 'x-signature-timestamp': timestamp };
  }

  test('are answered when Discord signed them', async () => {
    const { post, metrics } = await discord(hex);
    const ping = '{"type": 1, "id":"1"}';
    expect(await post('/discord', ping, signed(ping))).toMatchObject({ status: 200, body: { type: 1 } });
    const command = '{"type":2,"data":{"name":"bridge"}}';
    expect(await post('/discord', command, signed(command))).toMatchObject({
      status: 200,
      body: { type: 4, data: { flags: 64, allowed_mentions: { parse: [] } } },
    });
    expect(await metrics()).toContain('bridge_events_ignored_total{platform="discord",reason="ping"} 1');
  });

  test.each([
    ['the body is another', signed('{"type":1}', '1760000000', '{"type":2}')],
    ['the time is another', { ...signed('{"type":1}'), 'x-signature-timestamp': '1760000001' }],
    ['there is no signature', { 'content-type': 'application/json' }],
    ['it is none', { ...signed('{"type":1}'), 'x-signature-ed25519': 'zz' }],
  ])('are refused when %s', async (_what, headers) => {
    const { post } = await discord(hex);
    expect(await post('/discord', '{"type":1}', headers)).toMatchObject(error(401, 'unauthorised'));
  });

  test('are refused without a public key, and the log says that messages do not need it', async () => {
    const { post, lines } = await discord();
    expect(await post('/discord', '{"type":1}', signed('{"type":1}'))).toMatchObject(error(401, 'unauthorised'));
    expect(lines).toContainEqual(expect.objectContaining({ reason: expect.stringContaining('DISCORD_PUBLIC_KEY is not set') }));
  });
});
