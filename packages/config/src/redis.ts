import type { RedisLogin, RedisNode, RedisTarget } from '@bridge/core';
import type { Problem } from './problem.ts';
import type { CommonValues } from './settings.ts';

/** What of the common values says where Redis is. */
export type RedisValues = Pick<CommonValues, 'redisCluster'> &
  Partial<Pick<CommonValues, 'redisUrl' | 'redisSentinels' | 'redisSentinelName' | 'redisSentinelPassword'>>;

/** The target that the variables describe; no target when none of them is set. */
export function redisTarget(values: RedisValues): { readonly target?: RedisTarget; readonly problems: readonly Problem[] } {
  const urls = values.redisUrl === undefined ? [] : values.redisUrl.split(',').map((url) => url.trim());
  const parsed = urls.map(parseUrl);
  const wrong = parsed.flatMap((result) =>
    typeof result === 'string' ? [problem('REDIS_URL', `REDIS_URL is not valid: ${result}`, urlFix)] : [],
  );
  if (wrong[0] !== undefined) return { problems: [wrong[0]] };
  const good = parsed.filter((result) => typeof result !== 'string');
  if (values.redisSentinels !== undefined || values.redisSentinelName !== undefined) return sentinel(values, good[0]);
  const [first] = good;
  if (first === undefined)
    return {
      problems: values.redisCluster
        ? [problem('REDIS_URL', 'REDIS_CLUSTER is true but REDIS_URL is missing', 'list the nodes in REDIS_URL, separated by commas')]
        : [],
    };
  if (values.redisCluster) return { target: { kind: 'cluster', nodes: good.map((url) => nodeOf(url)), ...login(first) }, problems: [] };
  if (good.length > 1)
    return {
      problems: [
        problem('REDIS_URL', 'REDIS_URL lists several nodes', 'set REDIS_CLUSTER=true if they are a Redis Cluster, or leave only one'),
      ],
    };
  return { target: { kind: 'single', url: urls[0] ?? '' }, problems: [] };
}

const urlFix =
  'write it as redis://user:password@host:6379/0, or rediss:// for TLS; characters such as @ / # in the password must be percent-encoded';
const problem = (variable: string, message: string, fix: string): Problem => ({ variable, message, fix });

function parseUrl(text: string): URL | string {
  if (!/^rediss?:\/\//.test(text)) return 'must begin with redis:// or rediss://';
  if (!URL.canParse(text)) return 'cannot be read as a URL';
  const url = new URL(text);
  if (url.hostname === '') return 'has no host';
  if (!/^\/?$|^\/\d{1,4}$/.test(url.pathname)) return 'has something other than a database number after the host';
  return canDecode(url.username) && canDecode(url.password) ? url : 'has a user name or password with a % that encodes nothing';
}

export function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const nodeOf = (url: URL): RedisNode => ({ host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 6379 : Number(url.port) });

function login(url: URL | undefined): RedisLogin {
  const username = decodeURIComponent(url?.username ?? '');
  const password = decodeURIComponent(url?.password ?? '');
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }), tls: url?.protocol === 'rediss:' };
}

function sentinel(values: RedisValues, url: URL | undefined): { readonly target?: RedisTarget; readonly problems: readonly Problem[] } {
  const { redisSentinels: sentinels, redisSentinelName: name, redisSentinelPassword: sentinelPassword } = values;
  if (sentinels === undefined)
    return {
      problems: [
        problem(
          'REDIS_SENTINELS',
          'REDIS_SENTINEL_NAME is set but REDIS_SENTINELS is missing',
          'list the Sentinels in REDIS_SENTINELS as host:port, separated by commas',
        ),
      ],
    };
  if (name === undefined)
    return {
      problems: [
        problem(
          'REDIS_SENTINEL_NAME',
          'REDIS_SENTINELS is set but REDIS_SENTINEL_NAME is missing',
          'set it to the name of the master that they watch, often mymaster',
        ),
      ],
    };
  if (values.redisCluster)
    return {
      problems: [
        problem('REDIS_CLUSTER', 'REDIS_CLUSTER and REDIS_SENTINELS are both set', 'remove one of the two: a cluster needs no Sentinel'),
      ],
    };
  const db = Number(url?.pathname.slice(1) ?? 0);
  const target: RedisTarget = {
    kind: 'sentinel',
    sentinels,
    name,
    db,
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...login(url),
  };
  return { target, problems: [] };
}

/** The target in words, without user or password. */
export function describeRedis(target: RedisTarget): string {
  const nodes = (list: readonly RedisNode[]): string => list.map((node) => `${node.host}:${node.port}`).join(', ');
  if (target.kind === 'cluster') return `cluster at ${nodes(target.nodes)}${security(target)}`;
  if (target.kind === 'sentinel')
    return `master ${target.name} by Sentinel at ${nodes(target.sentinels)}, database ${target.db}${security(target)}`;
  const url = new URL(target.url);
  return `${nodes([nodeOf(url)])}, database ${Number(url.pathname.slice(1))}${security(login(url))}`;
}

const security = (by: RedisLogin): string => `${by.tls ? ', TLS' : ''}${by.password === undefined ? ', no password' : ', with a password'}`;

/** What must be scrubbed besides the URL as a whole: each password in it, as written and decoded. */
export function redisSecrets(url: string): string[] {
  const passwords = url.split(',').flatMap((one) => /:\/\/[^@/]*?:(.*)@/.exec(one)?.[1] ?? []);
  return passwords
    .flatMap((password) => (canDecode(password) ? [password, decodeURIComponent(password)] : [password]))
    .filter((text) => text !== '');
}
