import type { PermissionName } from '@bridge/simulators';
import type { Redis } from 'ioredis';
import type { Installation } from './processes.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** A bridge at work between the simulators, and the commands that look at it. */
export interface Site {
  readonly world: World;
  readonly bridge: Installation;
  readonly redis: Redis;
  readonly redisUrl: string;
  /** `bridge …` with the settings as they are now. @throws when it ends with another exit code than 0. */
  cli(...args: readonly string[]): Promise<string>;
  /** Sets CometChat's webhook up as `bridge setup cometchat --show` says. */
  typeInWebhook(): Promise<void>;
}

type Change = Readonly<Record<string, string>>;
type Act = (site: Site) => unknown;

/** One thing that is broken, what the doctor then finds, all of it, and how its fix is carried out. */
export interface Fault {
  readonly what: string;
  /** Settings that are wrong; the mended ones are without. */
  readonly env?: Change | ((site: Site) => Change);
  readonly yaml?: (good: string) => string;
  readonly break?: Act;
  /** `<about>/<check>: <status>`, and what its fix says. */
  readonly found: readonly (readonly [finding: string, fix: RegExp])[];
  /** Carries the fix out. */
  readonly mend?: Act;
  /** Settings that belong to the fix. */
  readonly mendEnv?: Change | ((site: Site) => Change);
  /** Brings back what the other faults begin with. */
  readonly restore?: Act;
}

export const rooms = { cometchat: 'room-0', discord: '1200000000000000000', telegram: '-1001000000000' } as const;
/** Nobody listens there, and `fetch` does not refuse the port. */
const nowhere = 'http://127.0.0.1:2';
const token = `8000000001:${'x'.repeat(35)}`;

const config =
  (name: string, value: string): Act =>
  (site) =>
    site.redis.config('SET', name, value);
const setting = (what: string, broken: Pick<Fault, 'env' | 'yaml'>, fix: RegExp): Fault => ({
  what,
  ...broken,
  found: [['configuration/settings: fail', fix]],
});

const configuration: readonly Fault[] = [
  setting('a variable that nobody reads', { env: { TELEGRAM_TOKEN: token } }, /TELEGRAM_BOT_TOKEN/),
  setting('half a platform', { env: { TELEGRAM_BOT_TOKEN: '' } }, /TELEGRAM_BOT_TOKEN/),
  setting('a region that there is none of', { env: { COMETCHAT_REGION: 'mars' } }, /your app → Region/),
  setting('no port', { env: { PORT: 'many' } }, /PORT|number|port/i),
  setting('a platform that there is none of', { yaml: (good) => good.replace('platform: telegram', 'platform: telegraph') }, /telegram/),
];

const redis: readonly Fault[] = [
  {
    what: 'Redis is away',
    env: { REDIS_URL: 'redis://127.0.0.1:1' },
    found: [
      ['redis/reachable: fail', /REDIS_URL/],
      ['cometchat/webhook: warn', /Webhooks/],
    ],
  },
  {
    what: 'Redis wants a password',
    break: config('requirepass', 'sesame'),
    found: [
      ['redis/reachable: fail', /password into REDIS_URL/],
      ['cometchat/webhook: warn', /Webhooks/],
    ],
    mendEnv: ({ redisUrl }) => ({ REDIS_URL: redisUrl.replace('redis://', 'redis://:sesame@') }),
    restore: config('requirepass', ''),
  },
  {
    what: 'Redis writes nothing to disk',
    break: config('appendonly', 'no'),
    found: [['redis/persistence: fail', /appendonly yes/]],
    mend: config('appendonly', 'yes'),
  },
  {
    what: 'Redis writes to disk once a second',
    break: config('appendfsync', 'everysec'),
    found: [['redis/persistence: warn', /config set appendfsync always/]],
    mend: config('appendfsync', 'always'),
  },
  {
    what: 'Redis throws away what it has no room for',
    break: config('maxmemory-policy', 'allkeys-lru'),
    found: [['redis/eviction: fail', /maxmemory-policy noeviction/]],
    mend: config('maxmemory-policy', 'noeviction'),
  },
  {
    what: 'Redis is full',
    break: config('maxmemory', '1mb'),
    found: [['redis/memory: warn', /maxmemory/]],
    mend: config('maxmemory', '0'),
  },
];

const surroundings: readonly Fault[] = [
  {
    what: 'no router runs',
    break: async ({ bridge }) => {
      const router = bridge.processes.find(({ roles }) => roles === 'router');
      router?.kill('SIGTERM');
      await router?.exit;
    },
    found: [['processes/router: fail', /bridge start --roles router/]],
    mend: ({ bridge }) => bridge.add('router'),
  },
  {
    what: 'no PUBLIC_URL',
    env: { PUBLIC_URL: '' },
    found: [
      ['public-url/address: fail', /set PUBLIC_URL/],
      ['cometchat/public url: fail', /PUBLIC_URL/],
      ['telegram/webhook: warn', /PUBLIC_URL.*TELEGRAM_MODE=polling/],
    ],
  },
  {
    what: 'a PUBLIC_URL where nobody listens',
    env: { PUBLIC_URL: nowhere },
    found: [
      ['public-url/address: fail', /start ingress/],
      ['telegram/webhook: fail', /bridge setup telegram/],
    ],
  },
  {
    what: 'a PUBLIC_URL of another server',
    env: ({ world }) => ({ PUBLIC_URL: world.simulators.telegram.url }),
    found: [
      ['public-url/address: fail', /reverse proxy/],
      ['telegram/webhook: fail', /bridge setup telegram/],
    ],
  },
];

const write: Act = ({ world }) =>
  world.simulators.cometchat.post({ room: rooms.cometchat, author: world.people.cometchat, text: 'anybody?' });
const webhook = (what: string, settings: object | undefined, fix: RegExp): Fault => ({
  what,
  break: async (site) => {
    // CometChat tells of seconds: what is written now has to be later than what came before.
    const second = Math.floor(Date.now() / 1_000);
    await until(() => Math.floor(Date.now() / 1_000) > second);
    const password = site.world.env['COMETCHAT_WEBHOOK_SECRET'] ?? '';
    const right = { url: `${site.bridge.ingress}/cometchat`, username: 'cometchat', password };
    site.world.simulators.cometchat.setWebhook(settings === undefined ? undefined : { ...right, ...settings });
    write(site);
  },
  found: [['cometchat/webhook: warn', fix]],
  mend: async (site) => {
    await site.typeInWebhook();
    write(site);
  },
});

const cometchat: readonly Fault[] = [
  {
    what: 'a wrong API key',
    env: { COMETCHAT_API_KEY: 'wrong' },
    found: [['cometchat/api key: fail', /REST API Key.*COMETCHAT_API_KEY/]],
  },
  {
    what: 'CometChat is away',
    env: { COMETCHAT_API_URL: `${nowhere}/v3` },
    found: [['cometchat/api key: fail', /COMETCHAT_APP_ID, COMETCHAT_REGION/]],
  },
  {
    what: 'another server in the place of CometChat',
    env: ({ world }) => ({ COMETCHAT_API_URL: `${world.simulators.telegram.url}/v3` }),
    found: [['cometchat/api key: fail', /COMETCHAT_APP_ID, COMETCHAT_REGION/]],
  },
  {
    what: 'a group that CometChat does not have',
    yaml: (good) => good.replace(rooms.cometchat, 'nowhere'),
    found: [['cometchat/group nowhere: fail', /GUID.*`group` in bridges\.yaml/]],
  },
  {
    what: 'a password that the dashboard does not take',
    env: { COMETCHAT_WEBHOOK_SECRET: 'with-a-dash' },
    found: [['cometchat/webhook login: warn', /COMETCHAT_WEBHOOK_SECRET/]],
  },
  webhook('a webhook with a wrong password', { password: 'wrong' }, /--show/),
  webhook('a webhook without a login', { username: undefined, password: undefined }, /--show/),
  webhook('no webhook', undefined, /enabled, Basic auth on/),
  webhook('a webhook that does not tell of new messages', { triggers: ['message_edited'] }, /ticked one by one: message_sent/),
  webhook('a webhook that leads elsewhere', { url: `${nowhere}/cometchat` }, /URL http:\/\/127\.0\.0\.1:\d+\/cometchat/),
];

const lacking = (name: PermissionName, status: 'fail' | 'warn', fix: RegExp, env: Change = {}): Fault => ({
  what: `no permission ${name}${Object.keys(env).length > 0 ? ' in single mode' : ''}`,
  env,
  mendEnv: env,
  break: ({ world }) => world.simulators.discord.setPermissions(rooms.discord, { [name]: false }),
  found: [[`discord/channel ${rooms.discord}: ${status}`, fix]],
  mend: ({ world }) => world.simulators.discord.setPermissions(rooms.discord, { [name]: true }),
});

const discord: readonly Fault[] = [
  { what: 'a wrong bot token', env: { DISCORD_BOT_TOKEN: 'another-token' }, found: [['discord/token: fail', /DISCORD_BOT_TOKEN/]] },
  { what: 'Discord is away', env: { DISCORD_API_URL: `${nowhere}/api` }, found: [['discord/token: fail', /DISCORD_API_URL/]] },
  {
    what: 'another server in the place of Discord',
    env: ({ world }) => ({ DISCORD_API_URL: `${world.simulators.telegram.url}/api` }),
    found: [['discord/token: fail', /DISCORD_API_URL/]],
  },
  {
    what: 'no Message Content Intent',
    break: ({ world }) => world.simulators.discord.setMessageContent(false),
    found: [['discord/intents: fail', /bridge setup discord.*Message Content Intent/]],
    mend: ({ cli }) => cli('setup', 'discord'),
  },
  {
    what: 'the id of another application',
    env: { DISCORD_APPLICATION_ID: '1999999999999999999' },
    found: [['discord/application: fail', /DISCORD_APPLICATION_ID=\d+/]],
    mendEnv: ({ world }) => ({ DISCORD_APPLICATION_ID: world.simulators.discord.applicationId }),
  },
  {
    what: 'the public key of another application',
    env: { DISCORD_PUBLIC_KEY: 'ab'.repeat(32) },
    found: [['discord/public-key: warn', /General Information → Public Key/]],
  },
  {
    what: 'a channel that is not there, or of a server without the bot',
    yaml: (good) => good.replace(rooms.discord, '1200000000000000999'),
    found: [['discord/channel 1200000000000000999: fail', /bridges\.yaml.*bridge setup discord/]],
  },
  lacking('VIEW_CHANNEL', 'fail', /View Channel|bridge setup discord/),
  lacking('MANAGE_WEBHOOKS', 'fail', /→ Manage Webhooks/),
  lacking('SEND_MESSAGES', 'fail', /→ Send Messages/, { DISCORD_SENDER_MODE: 'single' }),
  lacking('READ_MESSAGE_HISTORY', 'warn', /→ Read Message History/),
  lacking('SEND_MESSAGES_IN_THREADS', 'warn', /→ Send Messages in Threads/),
  lacking('CREATE_PUBLIC_THREADS', 'warn', /→ Create Public Threads/),
  lacking('ATTACH_FILES', 'warn', /→ Attach Files/),
  lacking('EMBED_LINKS', 'warn', /→ Embed Links/),
  lacking('ADD_REACTIONS', 'warn', /→ Add Reactions/),
  lacking('MANAGE_MESSAGES', 'warn', /→ Manage Messages/),
  {
    what: 'a channel full of webhooks',
    break: ({ world: { simulators } }) => {
      for (const { id } of simulators.discord.webhooks) simulators.discord.deleteWebhook(id);
      for (let n = 0; n < 15; n += 1) simulators.discord.addWebhook({ room: rooms.discord, name: `x${n}` });
    },
    found: [[`discord/channel ${rooms.discord}: fail`, /Remove one: Edit Channel → Integrations → Webhooks/]],
    mend: ({ world: { simulators } }) => simulators.discord.deleteWebhook(simulators.discord.webhooks[0]?.id ?? ''),
    restore: ({ world: { simulators } }) => {
      for (const { id, name } of simulators.discord.webhooks) if (/^x\d+$/.test(name)) simulators.discord.deleteWebhook(id);
    },
  },
];

const status =
  (to: 'administrator' | 'member' | 'kicked' | 'left'): Act =>
  ({ world }) =>
    world.simulators.telegram.setBotStatus(rooms.telegram, to);
const inChat = (state: 'fail' | 'warn') => `telegram/chat ${rooms.telegram}: ${state}`;
const call =
  (method: string, body: (site: Site) => object): Act =>
  async (site) => {
    const { env, simulators } = site.world;
    const headers = { 'content-type': 'application/json' };
    const url = `${simulators.telegram.url}/bot${env['TELEGRAM_BOT_TOKEN']}/${method}`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body(site)) });
    if (!answer.ok) throw new Error(await answer.text());
  };
const setUp: Act = ({ cli }) => cli('setup', 'telegram');
const here = ({ bridge }: Site) => `${bridge.ingress}/telegram`;

const telegram: readonly Fault[] = [
  { what: 'a wrong bot token', env: { TELEGRAM_BOT_TOKEN: token }, found: [['telegram/token: fail', /@BotFather/]] },
  { what: 'Telegram is away', env: { TELEGRAM_API_URL: nowhere }, found: [['telegram/token: fail', /TELEGRAM_API_URL/]] },
  {
    what: 'another server in the place of Telegram',
    env: ({ world }) => ({ TELEGRAM_API_URL: world.simulators.discord.url.replace(/api$/, 'nothing') }),
    found: [['telegram/token: fail', /TELEGRAM_API_URL/]],
  },
  {
    what: 'privacy mode',
    break: ({ world }) => world.simulators.telegram.setPrivacyMode(true),
    found: [['telegram/privacy: warn', /\/setprivacy/]],
    mend: ({ world }) => world.simulators.telegram.setPrivacyMode(false),
  },
  {
    what: 'no webhook',
    break: call('deleteWebhook', () => ({})),
    found: [['telegram/webhook: fail', /bridge setup telegram/]],
    mend: setUp,
  },
  {
    what: 'a webhook that leads elsewhere',
    break: call('setWebhook', () => ({ url: `${nowhere}/elsewhere` })),
    found: [['telegram/webhook: fail', /bridge setup telegram/]],
    mend: setUp,
  },
  {
    what: 'a webhook that does not ask for reactions',
    break: call('setWebhook', (site) => ({
      url: here(site),
      secret_token: site.world.env['TELEGRAM_WEBHOOK_SECRET'],
      allowed_updates: ['message', 'edited_message', 'channel_post', 'edited_channel_post'],
    })),
    found: [['telegram/webhook-updates: fail', /bridge setup telegram/]],
    mend: setUp,
  },
  {
    what: 'a webhook with another secret',
    break: async (site) => {
      await call('setWebhook', () => ({ url: here(site), secret_token: 'another' }))(site);
      site.world.simulators.telegram.post({ room: rooms.telegram, author: site.world.people.telegram, text: 'anybody?' });
    },
    found: [['telegram/webhook-errors: warn', /bridge setup telegram/]],
    mend: setUp,
  },
  {
    what: 'a webhook in the way of polling',
    env: { TELEGRAM_MODE: 'polling' },
    mendEnv: { TELEGRAM_MODE: 'polling' },
    found: [['telegram/polling: warn', /bridge setup telegram/]],
    mend: setUp,
    restore: setUp,
  },
  {
    what: 'a chat that the bot does not know',
    yaml: (good) => good.replace(rooms.telegram, '-5'),
    found: [['telegram/chat -5: fail', /`chat` in bridges\.yaml/]],
  },
  {
    what: 'a topic in a group without topics',
    yaml: (good) => good.replace(`"${rooms.telegram}" }`, `"${rooms.telegram}", topic: 7 }`),
    found: [[inChat('fail'), /topic: 7/]],
  },
  {
    what: 'a bot that was thrown out',
    break: status('kicked'),
    found: [[inChat('fail'), /add the bot to the chat/i]],
    mend: status('administrator'),
  },
  { what: 'a bot that left', break: status('left'), found: [[inChat('fail'), /add the bot to the chat/i]], mend: status('administrator') },
  {
    what: 'a bot that is no administrator',
    break: status('member'),
    found: [[inChat('warn'), /Make the bot an administrator/]],
    mend: status('administrator'),
  },
  {
    what: 'a bot that may not delete messages',
    break: ({ world }) => world.simulators.telegram.withholdRight(rooms.telegram, 'can_delete_messages'),
    found: [[inChat('warn'), /right to delete/]],
    mend: ({ world }) => world.simulators.telegram.grantRight(rooms.telegram, 'can_delete_messages'),
  },
];

export const faults: Readonly<Record<string, readonly Fault[]>> = {
  'the configuration': configuration,
  Redis: redis,
  'the surroundings': surroundings,
  CometChat: cometchat,
  Discord: discord,
  Telegram: telegram,
};
