import type { Config, ConfiguredPlatform } from '@bridge/config';
import {
  type Bridge,
  type DoctorLook,
  type Finding,
  type Log,
  type PlatformId,
  type PlatformInstance,
  type RedisTarget,
  type SetupStep,
  scrubber,
} from '@bridge/core';
import { createOpenUrl } from '@bridge/http';
import { createKeys, lookAtRedis, producerConnection, waitUntilReady } from '@bridge/queue';
import { type PlatformFlow, type SightingTimes, createFlow, createHeartbeats, createSightings } from '@bridge/store';
import { roleNames } from './discovery.ts';
import { lookAtPublicUrl } from './public-url-doctor.ts';

export interface LookOptions {
  readonly config: Config;
  /** The bridges in force; their conversations are looked at on each platform. */
  readonly bridges: readonly Bridge[];
  readonly signal: AbortSignal;
  /** Lets set-up print the secrets that a person has to type into a platform's own pages. */
  readonly showSecrets?: boolean;
}

/** What was found about one thing: Redis, the processes, the public URL, or a platform. */
export interface Examined {
  /** `redis`, `processes`, `public-url`, or a platform's id. */
  readonly id: string;
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** One that takes longer counts as not answering. */
const patienceMs = 30_000;

/**
 * Looks at everything the bridge depends on, as it is now; all of it at once, told in reading order. Total: what cannot
 * be found out is a finding. No finding holds a secret.
 */
export async function* examine({ config, bridges, signal }: LookOptions): AsyncGenerator<Examined> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const clean = cleaner(config.secrets);
  const platforms = [...config.platforms.values()].map((configured) => ({ configured, instance: instanceOf(configured, config) }));
  const needing = platforms.filter(({ instance }) => instance.webhook !== undefined && instance.stream === undefined);
  const received = lastReceived(config);
  const looks = [
    look('redis', 'Redis', redisFindings(config)),
    look('processes', 'Processes', processFindings(config)),
    look(
      'public-url',
      'Public URL',
      lookAtPublicUrl({
        publicUrl: config.common.publicUrl,
        needing: needing.map(({ configured }) => configured.platform.displayName),
        signal: limited,
      }),
    ),
    ...platforms.map(({ configured: { platform }, instance }) =>
      look(platform.id, platform.displayName, collect(instance, lookOf({ config, bridges, signal: limited }, platform.id), received)),
    ),
  ];
  for (const one of looks) yield clean(await one);
  await Promise.all(platforms.map(({ instance }) => instance.sender.close()));
}

/** @throws nothing but what `findings` rejects with, as a finding. */
async function look(id: string, title: string, findings: Promise<readonly Finding[]>): Promise<Examined> {
  return { id, title, findings: await findings.catch((error: unknown) => [failed(error)]) };
}

const failed = (error: unknown): Finding => ({
  check: 'look',
  status: 'fail',
  detail: `Looking failed: ${error instanceof Error ? error.message : 'unknown reason'}`,
  fix: 'try again; if it stays so, report it with this text',
});

function cleaner(secrets: readonly string[]): (examined: Examined) => Examined {
  const scrub = scrubber(secrets);
  return ({ id, title, findings }) => ({
    id,
    title,
    findings: findings.map(({ check, status, detail, fix }) => ({
      check,
      status,
      detail: scrub(detail),
      ...(fix === undefined ? {} : { fix: scrub(fix) }),
    })),
  });
}

interface AboutPlatform extends DoctorLook {
  readonly platform: PlatformId;
}

async function collect(instance: PlatformInstance, about: AboutPlatform, received: Promise<Received>): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  if (instance.doctor === undefined) return findings;
  const { lastIn: lastReceivedAt, webhookSeen } = (await received).get(about.platform) ?? {};
  const look = {
    ...about,
    ...(lastReceivedAt === undefined ? {} : { lastReceivedAt }),
    ...(webhookSeen === undefined ? {} : { webhookSeen }),
  };
  for await (const finding of instance.doctor(look)) findings.push(finding);
  return findings;
}

type Received = ReadonlyMap<string, Pick<PlatformFlow, 'lastIn'> & { readonly webhookSeen: SightingTimes }>;

/** When a bridged message last came in from each platform, and how its webhook did; nothing where Redis does not tell. Never rejects. */
async function lastReceived({ redis, common, platforms }: Config): Promise<Received> {
  if (redis === undefined) return new Map();
  const read = withRedis(redis, async (connection) => {
    await waitUntilReady(connection, connectMs);
    const of = { redis: connection, keys: createKeys({ prefix: common.redisPrefix }) };
    const [flow, sightings] = [await createFlow(of).platforms([...platforms.keys()]), createSightings(of)];
    return new Map(
      await Promise.all(
        [...flow].map(
          async ([id, { lastIn }]) => [id, { ...(lastIn === undefined ? {} : { lastIn }), webhookSeen: await sightings.of(id) }] as const,
        ),
      ),
    );
  });
  return read.catch(() => new Map());
}

function lookOf({ config, bridges, signal, showSecrets }: LookOptions, platform: PlatformId): AboutPlatform {
  const members = bridges.filter(({ enabled }) => enabled).flatMap((bridge) => bridge.members);
  const conversations = members.filter((member) => member.platform === platform).map(({ conversation }) => conversation);
  const { publicUrl } = config.common;
  return {
    platform,
    conversations: [...new Set(conversations)],
    signal,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(showSecrets === true ? { showSecrets } : {}),
  };
}

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function instanceOf({ platform, settings }: ConfiguredPlatform, { common }: Config): PlatformInstance {
  const openUrl = createOpenUrl({ allowPrivate: common.allowPrivateMediaHosts });
  return platform.create(settings, { log: silent, requireAuth: common.enableAuth, openUrl });
}

async function redisFindings({ redis }: Config): Promise<readonly Finding[]> {
  if (redis === undefined) {
    const fix = 'set REDIS_URL, or use `npm start` or `docker compose up`, which bring a Redis';
    return [{ check: 'reachable', status: 'fail', detail: 'Nothing says where Redis is.', fix }];
  }
  return withRedis(redis, (connection) => lookAtRedis(connection));
}

async function withRedis<T>(target: RedisTarget, use: (redis: ReturnType<typeof producerConnection>) => Promise<T>): Promise<T> {
  const redis = producerConnection({ target, name: 'bridge-doctor' });
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

const connectMs = 3_000;

/** Which roles run somewhere, by their heartbeats. Says nothing where Redis does not answer, as that is told already. */
async function processFindings({ redis, common }: Config): Promise<readonly Finding[]> {
  if (redis === undefined) return [];
  return withRedis(redis, async (connection) => {
    const ready = await lookAtRedis(connection, connectMs);
    if (ready.length === 1) return [];
    const beats = await createHeartbeats({ redis: connection, keys: createKeys({ prefix: common.redisPrefix }) }).list();
    if (beats.length === 0) {
      const detail = 'No process of the bridge runs with this REDIS_URL and REDIS_PREFIX.';
      return [{ check: 'roles', status: 'warn', detail, fix: 'start it: `npm start`, `docker compose up -d` or `bridge start`' }];
    }
    const versions = new Set(beats.map(({ version }) => version));
    return [
      ...roleNames.map((role) => roleFinding(role, beats.filter(({ roles }) => roles.includes(role)).length)),
      ...versionFinding(versions),
    ];
  });
}

function roleFinding(role: string, count: number): Finding {
  if (count > 0) return { check: role, status: 'pass', detail: `${count} ${count === 1 ? 'runs' : 'run'}.` };
  return {
    check: role,
    status: 'fail',
    detail: 'None runs, so nothing crosses.',
    fix: `\`bridge start --roles ${role}\`, or bring its container up`,
  };
}

function versionFinding(versions: ReadonlySet<string>): readonly Finding[] {
  if (versions.size === 1) return [];
  const detail = `Processes of different versions run: ${[...versions].join(', ')}.`;
  return [{ check: 'versions', status: 'warn', detail, fix: 'finish the upgrade, so that all run the same' }];
}

/**
 * Does on one platform what a bot may do by itself, and says what a person has to do; closes what it opened at the end.
 * Undefined when the platform has no set-up, or is off. Steps hold no secret that `config` knows but those to be typed in.
 */
export function setUpPlatform(id: PlatformId, options: LookOptions): AsyncIterable<SetupStep> | undefined {
  const configured = options.config.platforms.get(id);
  if (configured === undefined) return undefined;
  const instance = instanceOf(configured, options.config);
  const limited = AbortSignal.any([options.signal, AbortSignal.timeout(patienceMs)]);
  return instance.setup === undefined ? undefined : stepsOf(instance, lookOf({ ...options, signal: limited }, id));
}

async function* stepsOf(instance: PlatformInstance, about: DoctorLook): AsyncGenerator<SetupStep> {
  try {
    yield* instance.setup?.(about) ?? [];
  } finally {
    await instance.sender.close();
  }
}
