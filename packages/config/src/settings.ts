import type { Settings, SettingsOf } from '@bridge/core';
import { z } from 'zod';
import { address, consolePassword, count, flag, hostPorts, keyPrefix, list, origins, port, publicUrl, trustProxy } from './values.ts';

const text = z.string();

const service = {
  port: { env: 'PORT', schema: port, default: '3000', describe: 'Port for webhooks and health (ingress).' },
  host: {
    env: 'BIND_ADDRESS',
    schema: address,
    default: '0.0.0.0',
    describe:
      'Address that every port listens on; 127.0.0.1 behind a proxy on the same machine. Not called HOST, which shells and build tools set.',
  },
  nodeEnv: {
    env: 'NODE_ENV',
    schema: z.enum(['production', 'development', 'test'], { error: 'must be production, development or test' }),
    default: 'production',
    describe: 'What this installation is: production, development or test.',
  },
  publicUrl: {
    env: 'PUBLIC_URL',
    schema: publicUrl.optional(),
    describe: 'The https URL that reaches PORT from the internet (http only for loopback hosts). Webhooks need it.',
    where: 'Your domain, your reverse proxy, or the address that your tunnel prints',
  },
  trustProxy: {
    env: 'TRUST_PROXY',
    schema: trustProxy.optional(),
    describe: 'How many reverse proxies stand in front, or their addresses (the value of Express’s `trust proxy`).',
  },
  corsOrigins: {
    env: 'CORS_ORIGINS',
    schema: origins,
    default: '',
    describe: 'Web origins whose pages may read the HTTP endpoints, separated by commas; none by default.',
  },
} as const satisfies Settings;

const redis = {
  redisUrl: {
    env: 'REDIS_URL',
    schema: text.optional(),
    secret: true,
    describe: 'redis://user:password@host:6379/0, or rediss:// for TLS. `npm start` finds or starts a Redis where it is not set.',
    where: 'Your Redis provider’s connection page, or redis://127.0.0.1:6379 for one on this machine',
  },
  redisCluster: {
    env: 'REDIS_CLUSTER',
    schema: flag,
    default: 'false',
    describe: 'true when REDIS_URL lists nodes of a Redis Cluster, separated by commas.',
  },
  redisSentinels: {
    env: 'REDIS_SENTINELS',
    schema: hostPorts.optional(),
    describe:
      'host:port of each Redis Sentinel, separated by commas. User, password and database then come from REDIS_URL, whose host is not used.',
  },
  redisSentinelName: { env: 'REDIS_SENTINEL_NAME', schema: text.optional(), describe: 'Name of the master that the Sentinels watch.' },
  redisSentinelPassword: {
    env: 'REDIS_SENTINEL_PASSWORD',
    schema: text.optional(),
    secret: true,
    describe: 'Password of the Sentinels themselves, where they have one.',
  },
  redisPrefix: {
    env: 'REDIS_PREFIX',
    schema: keyPrefix,
    default: 'bridge',
    describe: 'First part of every Redis key; lets several bridges share one Redis.',
  },
} as const satisfies Settings;

const bridges = {
  bridgesFile: { env: 'BRIDGES_FILE', schema: text, default: 'bridges.yaml', describe: 'The file that says which rooms are bridged.' },
} as const satisfies Settings;

const security = {
  enableAuth: {
    env: 'ENABLE_AUTH',
    schema: flag,
    default: 'true',
    describe: 'false takes webhooks unsigned. Refused in production unless ALLOW_INSECURE=true.',
  },
  allowInsecure: {
    env: 'ALLOW_INSECURE',
    schema: flag,
    default: 'false',
    describe: 'true permits ENABLE_AUTH=false in production: anybody who finds the URL can then write into your rooms.',
  },
  allowPrivateMediaHosts: {
    env: 'ALLOW_PRIVATE_MEDIA_HOSTS',
    schema: list,
    default: '',
    describe: 'Hosts (name or name:port), separated by commas, from which media may be fetched although their address is private.',
  },
  outgoingLimits: {
    env: 'OUTGOING_LIMITS',
    schema: z.enum(['keep', 'off'], { error: 'must be keep or off' }),
    default: 'keep',
    describe:
      'keep stays below the rates at which the platforms begin to refuse, over all processes together. off sends as fast as they take it and only obeys their refusals: for simulators, benchmarks and accounts with other limits.',
  },
  mediaLinkDays: {
    env: 'MEDIA_LINK_DAYS',
    schema: count,
    default: '365',
    describe:
      'How many days a link to a file or avatar (/media/…) works. CometChat shows files by such links, so its history loses them afterwards.',
  },
} as const satisfies Settings;

const console = {
  consolePort: {
    env: 'CONSOLE_PORT',
    schema: port,
    default: '3001',
    describe: 'Port of the console and, under it, the BullMQ dashboard.',
  },
  consolePassword: {
    env: 'CONSOLE_PASSWORD',
    schema: consolePassword.optional(),
    secret: true,
    describe:
      'Password of the console, or its hash as `npx bridge hash-password` prints it. In production the console is off without one; elsewhere it then listens on 127.0.0.1 only.',
    where: 'Choose one; `npx bridge init` makes one up',
  },
  jwtSecret: {
    env: 'JWT_SECRET',
    schema: text.optional(),
    secret: true,
    describe:
      'Signs the console’s sessions; 32 characters or more. Without it a random one is used and everybody logs in again after a restart.',
    where: 'Choose one; `npx bridge init` makes one up',
  },
  consoleShowMessages: {
    env: 'CONSOLE_SHOW_MESSAGES',
    schema: flag,
    default: 'false',
    describe: 'true shows what people wrote in dead letters and in the BullMQ dashboard; otherwise only its length.',
  },
  consoleDashboardWrites: {
    env: 'CONSOLE_DASHBOARD_WRITES',
    schema: flag,
    default: 'false',
    describe:
      'true lets the BullMQ dashboard retry, promote, remove and pause. The console’s own page retries and discards dead letters either way.',
  },
} as const satisfies Settings;

const observability = {
  metricsPort: {
    env: 'METRICS_PORT',
    schema: port,
    default: '9464',
    describe: 'Port for /metrics (Prometheus), /livez and /readyz, in every process.',
  },
  logLevel: {
    env: 'LOG_LEVEL',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be trace, debug, info, warn, error, fatal or silent',
    }),
    default: 'info',
    describe: 'The least important kind of log line that is written: trace, debug, info, warn, error, fatal or silent.',
  },
  enableFileLogging: {
    env: 'ENABLE_FILE_LOGGING',
    schema: flag,
    default: 'false',
    describe: 'true also writes the log to rotated files in LOG_DIR.',
  },
  logDir: { env: 'LOG_DIR', schema: text, default: 'logs', describe: 'Folder of the log files.' },
} as const satisfies Settings;

const sandbox = {
  sandboxPort: {
    env: 'SANDBOX_PORT',
    schema: port,
    default: '3002',
    describe: 'Port of the sandbox’s page (`npx bridge sandbox`, and `npm start` without .env).',
  },
} as const satisfies Settings;

/** Everything that concerns the whole bridge and no single platform. Keys are the names in `Config.common`. */
export const commonSettings = {
  ...service,
  ...redis,
  ...bridges,
  ...security,
  ...console,
  ...observability,
  ...sandbox,
} as const satisfies Settings;

/** The typed values of `commonSettings`. */
export type CommonValues = SettingsOf<typeof commonSettings>;

/** A heading of docs/configuration.md and `.env.example` with the settings under it. */
export interface Section {
  readonly title: string;
  readonly settings: Settings;
}

/** `commonSettings` in the order in which people read them. */
export const commonSections: readonly Section[] = [
  { title: 'Service', settings: service },
  { title: 'Redis', settings: redis },
  { title: 'Bridges', settings: bridges },
  { title: 'Security', settings: security },
  { title: 'Console', settings: console },
  { title: 'Logs and metrics', settings: observability },
  { title: 'Sandbox', settings: sandbox },
];

/** Names that other tools use for what we call something else: where a mere likeness would point the wrong way. */
export const alsoKnownAs: Readonly<Record<string, string>> = {
  REDIS_HOST: 'REDIS_URL',
  REDIS_PORT: 'REDIS_URL',
  REDIS_PASSWORD: 'REDIS_URL',
  REDIS_PASS: 'REDIS_URL',
  REDIS_USERNAME: 'REDIS_URL',
  REDIS_USER: 'REDIS_URL',
  REDIS_DB: 'REDIS_URL',
  REDIS_TLS: 'REDIS_URL',
  REDIS_URI: 'REDIS_URL',
};

/** Beginnings of names that are ours besides the platforms' own: an unknown name that begins so is a slip. */
export const commonPrefixes: readonly string[] = ['REDIS_', 'CONSOLE_', 'BRIDGE'];
