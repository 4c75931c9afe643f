type Environment = Readonly<Record<string, string | undefined>>;

/** @throws an Error that says how to fix. */
export function redisUrlOf(env: Environment): string {
  const url = env['REDIS_URL'];
  if (url === undefined || url === '') throw new Error('The sandbox needs Redis: use `npm start`, which brings one, or set REDIS_URL.');
  return url;
}

/** The port that a variable asks for. @throws an Error that says how to fix. */
export function wantedPort(env: Environment, name: string, otherwise: number): number {
  const text = env[name] ?? '';
  const port = text === '' ? otherwise : Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`${name}=${text} is no port: use a number from 0 (any free one) to 65535, or leave it out for ${otherwise}.`);
}

/** Nothing of a real installation's environment may reach the sandbox's bridge. */
export function bridgeEnv(env: Environment, own: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const foreign = /^(?:COMETCHAT|DISCORD|TELEGRAM|REDIS|CONSOLE|BRIDGE)_?|^(?:BRIDGES_FILE|PUBLIC_URL|JWT_SECRET|SANDBOX_PORT)$/;
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
  return {
    ...kept,
    NODE_ENV: 'development',
    BIND_ADDRESS: '127.0.0.1',
    METRICS_PORT: '0',
    LOG_LEVEL: env['LOG_LEVEL'] ?? 'warn',
    ...own,
  };
}

interface BannerOptions {
  readonly page: number;
  readonly ingress: number;
  readonly console: number;
  /** Of the console, where it has one. */
  readonly password?: string;
  /** What to type to bridge real rooms. */
  readonly begin?: string;
}

/** What the terminal says once the page is open. */
export function banner({ page, ingress, console, password, begin = 'npx bridge init' }: BannerOptions): string {
  return [
    '',
    '  The sandbox is open:',
    '',
    `    http://127.0.0.1:${page}   three chats, side by side: write in one, see it in the others`,
    `    http://127.0.0.1:${ingress}/status   what the bridge says of itself`,
    `    http://127.0.0.1:${console}   the operator’s console: what flows, what failed and why, and the BullMQ dashboard`,
    ...(password === undefined ? [] : [`                            its password here is ${password}`]),
    '',
    '  No account is needed: CometChat, Discord and Telegram are simulated here; the bridge between them is the real one.',
    `  To bridge real rooms: ${begin}, then fill in .env and bridges.yaml. Ctrl-C stops everything.`,
    '',
  ].join('\n');
}
