import {
  attachmentKinds,
  conversationId,
  eventId,
  eventSchema,
  type BridgeEvent,
  type Log,
  type Parsed,
  type Platform,
  type PlatformId,
  type PlatformInstance,
  type RawEvent,
  type RawRequest,
  type Received,
  type Setting,
  type Settings,
  type SettingsOf,
  type Support,
  refuseUrls,
} from '@bridge/core';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { bodyArbitrary, textArbitrary } from './arbitraries.ts';
import { describeGrowth } from './conformance-growth.ts';
import { deepFreeze, deepJson, mutationsOf, reorderedKeys } from './mutate.ts';

/** What a captured payload becomes: the named fields of each event, in order; or why there is none. `cleared` is the emoji, or ''. */
export type Expected =
  | Partial<BridgeEvent>
  | readonly Partial<BridgeEvent>[]
  | { readonly dropped: string }
  | { readonly cleared: string }
  | { readonly own: true };

export interface ConformanceCase {
  readonly name: string;
  /** The platform's payload as it was captured, with the secrets and names replaced. */
  readonly raw: RawEvent['raw'];
  /** `dropped` names the reason of `receive` or of `parse`, whichever drops it. */
  readonly expected: Expected;
}

export interface ConformanceFixture<S extends Settings = Settings> {
  /** Values that make an instance; they need not work on the real platform. */
  readonly settings: SettingsOf<S>;
  /** `memberExample`, parsed, and at least one more member with a conversation of its own. */
  readonly members: readonly [unknown, unknown, ...unknown[]];
  readonly cases: readonly ConformanceCase[];
  /** The payload of a new message with this text and nothing else in it. */
  written(text: string): RawEvent['raw'];
  /** How a payload becomes raw events; the webhook's `receive` where this is absent. For a stream: what it does before `emit`. */
  receive?(raw: unknown, instance: PlatformInstance): Received;
  /** For a platform with a webhook: how requests to it are told from forged ones. */
  readonly webhook?: {
    /** The headers that prove a request with this body, in lower case, and none besides: a change to any must be noticed. */
    sign(body: Uint8Array): RawRequest['headers'];
    readonly forged: readonly { readonly name: string; readonly headers: RawRequest['headers'] }[];
  };
}

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const supports: readonly Support[] = ['full', 'partial', 'text', 'none'];
const formattings = [
  'bold',
  'italic',
  'underline',
  'strike',
  'spoiler',
  'code',
  'link',
  'mention',
  'custom-emoji',
  'timestamp',
  'heading',
  'quote',
  'code-block',
  'list',
];

const isSecretName = (env: string): boolean => /TOKEN|SECRET|KEY|PASSWORD/.test(env.replaceAll('PUBLIC_KEY', ''));

function describeCapabilities({ capabilities }: Platform): void {
  test('capabilities say something about everything', () => {
    expect(Object.keys(capabilities.text.formatting).toSorted()).toEqual(formattings.toSorted());
    expect(Object.keys(capabilities.attachments).toSorted()).toEqual([...attachmentKinds].toSorted());
    const { edit, reply, thread, reactions } = capabilities;
    const all = [
      ...Object.values(capabilities.text.formatting),
      ...Object.values(capabilities.attachments),
      edit,
      capabilities.delete,
      reply,
      thread,
      reactions,
    ];
    for (const support of all) expect(supports).toContain(support);
    expect(['utf16', 'byte']).toContain(capabilities.text.unit);
    expect(capabilities.text.maxLength).toBeGreaterThan(100);
  });
}

function checkSetting(setting: Setting, prefix: string): void {
  expect(setting.env).toMatch(/^[A-Z][A-Z0-9_]*$/);
  expect(setting.env.startsWith(prefix)).toBe(true);
  expect(setting.describe.length, `${setting.env} needs a description`).toBeGreaterThan(10);
  if (setting.required !== undefined && setting.required !== false)
    expect(setting.where, `${setting.env} is required: say where to find it`).toBeTruthy();
  if (isSecretName(setting.env)) expect(setting.secret, `${setting.env} looks like a secret: set secret: true`).toBe(true);
  if (setting.secret === true) expect(setting.default, `${setting.env} is a secret and must have no default`).toBeUndefined();
  if (setting.default !== undefined)
    expect(setting.schema.safeParse(setting.default).success, `the default of ${setting.env} must parse`).toBe(true);
}

function describeSettings(platform: Platform): void {
  test('settings are complete, and their names are unique', () => {
    const settings = Object.values(platform.settings);
    for (const setting of settings) checkSetting(setting, `${platform.id.toUpperCase()}_`);
    expect(new Set(settings.map(({ env }) => env)).size).toBe(settings.length);
  });
}

function describeMembers(platform: Platform, { members }: ConformanceFixture): void {
  test('the member schema is strict and takes the examples', () => {
    for (const member of members) {
      expect(platform.member.safeParse(member).success, JSON.stringify(member)).toBe(true);
      expect(platform.member.safeParse(Object.assign({}, member, { zzUnknown: 1 })).success).toBe(false);
      expect(platform.member.safeParse(Object.assign({}, member, { platform: platform.id })).success).toBe(false);
    }
    expect(platform.member.safeParse({}).success).toBe(false);
    for (const key of Object.keys(Object(members[0]))) expect(platform.memberExample).toContain(key);
  });

  test('the member schema answers any JSON without throwing, and every member has a conversation', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), ...members.map(mutationsOf)), (value) => {
        const result = platform.member.safeParse(value);
        if (result.success) expect(platform.conversationOf(result.data)).not.toBe('');
      }),
    );
  });

  test('different members have different conversations, the same member always the same', () => {
    const conversations = members.map((member) => platform.conversationOf(platform.member.parse(member)));
    expect(new Set(conversations).size).toBe(members.length);
    expect(members.map((member) => platform.conversationOf(platform.member.parse(structuredClone(member))))).toEqual(conversations);
  });
}

type Receive = (raw: unknown) => Received;

function checkParsed(parsed: Parsed): void {
  if (parsed.kind === 'dropped') expect(parsed.reason).toMatch(/^[a-z0-9][a-z0-9-]*$/);
  else if (parsed.kind === 'own') expect(parsed).toEqual({ kind: 'own' });
  else if (parsed.kind === 'cleared') expect(eventSchema.parse(parsed.event)).toEqual(parsed.event);
  else if (parsed.kind === 'moved') expect(parsed.from).not.toBe(parsed.to);
  else for (const event of parsed.events) expect(eventSchema.parse(event)).toEqual(event);
}

function parsedOf(received: Received, instance: PlatformInstance): readonly Parsed[] {
  if (received.ok) return received.events.map((event) => instance.parse(event));
  // What comes back of our own may be recognised on either side of the queue.
  return received.reason === 'own' ? [{ kind: 'own' }] : [{ kind: 'dropped', reason: received.reason }];
}

function checkExpected(parsed: readonly Parsed[], expected: Expected): void {
  if ('own' in expected) return expect(parsed).toEqual([{ kind: 'own' }]);
  if ('dropped' in expected) return expect(parsed).toEqual([{ kind: 'dropped', reason: expected.dropped }]);
  if ('cleared' in expected) return expect(parsed).toMatchObject([{ kind: 'cleared', event: { emoji: expected.cleared } }]);
  const events = parsed.flatMap((one) => (one.kind === 'events' ? one.events : []));
  const wanted = Array.isArray(expected) ? expected : [expected];
  expect(events, JSON.stringify(parsed)).toHaveLength(wanted.length);
  for (const [index, event] of events.entries()) expect(event).toMatchObject(wanted[index] ?? {});
}

function describeParse(
  platform: PlatformId,
  instance: PlatformInstance,
  { fixture, receive }: { readonly fixture: ConformanceFixture; readonly receive: Receive },
): void {
  describe.each(fixture.cases)('case: $name', ({ raw, expected }) => {
    test('becomes what is expected', () => {
      const parsed = parsedOf(receive(deepFreeze(structuredClone(raw))), instance);
      for (const one of parsed) checkParsed(one);
      checkExpected(parsed, expected);
      for (const event of parsed.flatMap((one) => (one.kind === 'events' ? one.events : []))) {
        expect([event.source, event.id]).toEqual([platform, eventId(platform, event.message)]);
      }
    });

    test('has the same event keys and conversations whenever it comes again, in whatever order its keys are', () => {
      const keys = (received: Received): unknown =>
        received.ok ? received.events.map(({ eventKey, conversation }) => [eventKey, conversation]) : received.reason;
      expect(keys(receive(structuredClone(raw)))).toEqual(keys(receive(raw)));
      expect(keys(receive(reorderedKeys(raw)))).toEqual(keys(receive(raw)));
    });

    test('is understood alike with a field that we do not know', () => {
      const extended = typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? { ...raw, zz_new_field: { a: [1] } } : raw;
      expect(parsedOf(receive(extended), instance)).toEqual(parsedOf(receive(raw), instance));
    });
  });

  test('every event of a payload has a key of its own', () => {
    for (const { raw } of fixture.cases) {
      const received = receive(raw);
      const keys = received.ok ? received.events.map(({ eventKey }) => eventKey) : [];
      expect(keys).not.toContain('');
      expect(new Set(keys).size).toBe(keys.length);
    }
  });
}

function describeTotality(instance: PlatformInstance, { cases }: ConformanceFixture, receive: Receive): void {
  const anything = fc.oneof(fc.jsonValue(), ...cases.map(({ raw }) => mutationsOf(raw)));

  test('receive and parse answer damaged payloads and any JSON without throwing', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const received = receive(raw);
        if (received.ok)
          for (const event of received.events) expect([event.eventKey === '', String(event.conversation) === '']).toEqual([false, false]);
        for (const parsed of parsedOf(received, instance)) checkParsed(parsed);
      }),
      { numRuns: 500 },
    );
  });

  test('parse does not rely on receive: whatever came out of Redis, it answers', () => {
    fc.assert(
      fc.property(anything, textArbitrary, (raw, key) => {
        const event: RawEvent = {
          eventKey: key || 'key',
          conversation: conversationId(key || 'conversation'),
          raw: JSON.parse(JSON.stringify(raw)),
        };
        const parsed = instance.parse(event);
        checkParsed(parsed);
        expect(instance.parse(event)).toEqual(parsed);
      }),
      { numRuns: 500 },
    );
  });

  test('JSON nested deeper than the stack is answered, not a crash', () => {
    const raw = deepJson(50_000);
    expect(receive(raw).ok).toBe(false);
    checkParsed(
      instance.parse({
        eventKey: 'key',
        conversation: conversationId('conversation'),
        raw: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)),
      }),
    );
  });
}

const bytes = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));

function describeVerify(create: (requireAuth: boolean) => PlatformInstance, fixture: ConformanceFixture): void {
  const body = bytes(fixture.cases[0]?.raw ?? {});
  const verify = (headers: RawRequest['headers'], requireAuth = true): boolean | undefined =>
    create(requireAuth).webhook?.verify({ headers, body }).ok;

  test('a platform with a webhook tells how its requests are signed, and one without does not', () => {
    expect(fixture.webhook !== undefined).toBe(create(true).webhook !== undefined);
  });
  if (fixture.webhook === undefined) return;
  const { sign, forged } = fixture.webhook;

  test('a genuine request is accepted', () => void expect(verify(sign(body))).toBe(true));
  test('a request without any header is refused', () => void expect(verify({})).toBe(false));
  test.each(forged)('refused: $name', ({ headers }) => void expect(verify(headers)).toBe(false));
  test('with ENABLE_AUTH=false a request without a signature is accepted', () => void expect(verify({}, false)).toBe(true));

  test('any header value is answered without throwing, and never accepted', () => {
    const names = Object.keys(sign(body));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.oneof(fc.string(), textArbitrary, fc.constant(undefined)), (name, value) => {
        fc.pre(value !== sign(body)[name]);
        expect(verify({ ...sign(body), [name]: value })).toBe(false);
      }),
    );
  });

  test('a refusal carries no header value in its reason', () => {
    const verified = create(true).webhook?.verify({ headers: { ...sign(body), authorization: 'Basic hunter2hunter2' }, body });
    expect(JSON.stringify(verified)).not.toContain('hunter2');
  });
}

function describeMeasure({ sender }: PlatformInstance): void {
  test('measure is a whole number ≥ 0 that no further paragraph makes smaller', () => {
    fc.assert(
      fc.property(bodyArbitrary, textArbitrary, (body, text) => {
        const length = sender.measure(body);
        expect(Number.isInteger(length) && length >= 0).toBe(true);
        expect(sender.measure([...body, { type: 'paragraph', children: [{ type: 'text', text: `${text}x` }] }])).toBeGreaterThanOrEqual(
          length,
        );
      }),
    );
    expect(sender.measure([])).toBe(0);
  });
}

/**
 * Registers the tests that every folder under packages/platforms has to pass. Call it at the top level of a test file,
 * with captured payloads and what each becomes. It opens no connection.
 */
export function platformConformance<S extends Settings, M>(platform: Platform<S, M>, fixture: ConformanceFixture<S>): void {
  const create = (requireAuth: boolean): PlatformInstance =>
    platform.create(fixture.settings, { log: silent, requireAuth, openUrl: refuseUrls });
  describe(`${platform.displayName} meets the platform contract`, () => {
    const instance = create(true);
    afterAll(async () => instance.sender.close());
    const receive: Receive = (raw) =>
      fixture.receive?.(raw, instance) ?? instance.webhook?.receive(raw) ?? { ok: false, reason: 'no-webhook' };

    test('the id is a folder name, and the platform has a name and a source', () => {
      expect(platform.id).toMatch(/^[a-z][a-z0-9]*$/);
      expect(platform.displayName.trim()).not.toBe('');
      expect(instance.webhook ?? instance.stream).toBeDefined();
      expect(instance.webhook?.path ?? '/').toMatch(/^\/[a-z0-9-]*$/);
    });
    test('there are captured payloads to judge it by', () => void expect(fixture.cases.length).toBeGreaterThan(0));
    describeCapabilities(platform);
    describeSettings(platform);
    describeMembers(platform, fixture);
    describeParse(platform.id, instance, { fixture, receive });
    describeTotality(instance, fixture, receive);
    describeVerify(create, fixture);
    describeMeasure(instance);
    describeGrowth({ instance, receive, written: (text) => fixture.written(text) });
  });
}
