import type { Command, Run } from './command.ts';

/** Loaded when it is called, so that `bridge --help` does not wait for the platforms' libraries. */
const lazily =
  (load: () => Promise<{ readonly run: Run }>): Run =>
  async (args, io) =>
    (await load()).run(args, io);

/** Every command of this version, in the order of `bridge --help`. */
export const commands: readonly Command[] = [
  {
    name: 'start',
    summary: 'run the bridge in this process',
    usage: `bridge start [--roles ingress,gateway,router,sender,console] [--platforms cometchat,discord,telegram] [--if-configured]

Runs these roles for these platforms until Ctrl-C; all roles and all configured platforms by default.
With --if-configured, a platform of --platforms that is off is waited for in peace instead of refused.
Needs REDIS_URL, at least one configured platform and bridges.yaml; \`bridge check\` says what is missing.`,
    run: lazily(() => import('./commands/start.ts')),
  },
  {
    name: 'sandbox',
    summary: 'try the bridge with simulated platforms, without any account',
    usage: `bridge sandbox [--platforms-only | --settings]

Runs simulated CometChat, Discord and Telegram, a web page with the three chats, and the bridge between them.
Needs REDIS_URL; \`npm start\` without .env does the same and finds or starts a Redis by itself.
--platforms-only leaves the bridge to other processes; --settings prints, as JSON, what those need.`,
    run: lazily(() => import('./commands/sandbox.ts')),
  },
  {
    name: 'init',
    summary: 'write .env with generated secrets and an example bridges.yaml',
    usage: `bridge init [--platforms cometchat,discord,telegram]

Writes both into the working directory, for these platforms; for all by default. Never overwrites a file.`,
    run: lazily(() => import('./commands/init.ts')),
  },
  {
    name: 'check',
    summary: 'validate environment and bridges.yaml',
    usage: `bridge check

Prints every problem with its line or variable and the fix, and exits with 1 if there is one. Connects to nothing.`,
    run: lazily(() => import('./commands/check.ts')),
  },
  {
    name: 'doctor',
    summary: 'look at Redis, the public URL and the platforms as they are now',
    usage: `bridge doctor [--json]

Looks at the running world: Redis (version, persistence, eviction, clock), the bridge's processes, PUBLIC_URL, and on each
platform the token, rights and webhook. Each finding has its fix. Exits with 1 when something has to be mended.`,
    run: lazily(() => import('./commands/doctor.ts')),
  },
  {
    name: 'setup',
    summary: 'do, or say, what has to be done on a platform',
    usage: `bridge setup cometchat|discord|telegram [--show]

Does on the platform what the bridge may do by itself, and prints what is left for you. With --show it also
prints the secrets that you have to type into the platform's own pages.`,
    run: lazily(() => import('./commands/setup.ts')),
  },
  {
    name: 'config',
    summary: 'print the effective configuration, secrets masked',
    usage: `bridge config

Prints every setting with its value and where that comes from, also when something is invalid.`,
    run: lazily(() => import('./commands/config.ts')),
  },
  {
    name: 'send',
    summary: 'send a test message to every member of a bridge',
    usage: `bridge send <bridge> <text>

Sends the text to every room of that bridge and waits for the receipts. The bridge must be running.`,
    run: lazily(() => import('./commands/send.ts')),
  },
  {
    name: 'stack',
    summary: 'prepare the volumes of docker-compose.yml; compose runs it by itself',
    usage: `bridge stack [--new-password] [--redis /data] [--shared /run/bridge] [--config /config]

Makes up the password of the stack's Redis where there is none, and points the roles at the platforms of .env or, without a
.env, at the sandbox. --new-password makes a new one; restart the stack after it.`,
    run: lazily(() => import('./commands/stack.ts')),
  },
  {
    name: 'trace',
    summary: 'tell the journey of one message',
    usage: `bridge trace <platform> <message id>
       bridge trace <link or whole text>

Prints when the message was received and routed, each delivery with its attempts and answers, and the messages that came to be;
a copy's id finds its original. Kept for 7 days, and for the last 25,000 messages. Exits with 1 when nothing is known.`,
    run: lazily(() => import('./commands/trace.ts')),
  },
  {
    name: 'dead',
    summary: 'list, show, retry or discard what could not be delivered',
    usage: `bridge dead list [--queue <name>] [--conversation <id>] [--all] [--json]
       bridge dead show <queue> <id> [--message]
       bridge dead retry <queue> <id>… | --all [--queue <name>] [--conversation <id>]
       bridge dead discard <queue> <id>… | --all [--queue <name>] [--conversation <id>]

list groups by reason and conversation; with --all it names each one. show tells one; with --message also what its author wrote.
retry puts messages back at the end of their conversations, oldest first, so that order is kept from then on; mend the cause
first. discard removes them for good.`,
    run: lazily(() => import('./commands/dead.ts')),
  },
  {
    name: 'hash-password',
    summary: 'turn a password into a hash for CONSOLE_PASSWORD',
    usage: `bridge hash-password < file

Reads one line from standard input and prints its hash, so that no plain password need be stored. It holds $, so in .env and in
a shell it belongs in single quotes.`,
    run: lazily(() => import('./commands/hash-password.ts')),
  },
  {
    name: 'version',
    summary: 'print the version',
    usage: 'bridge version',
    run: lazily(() => import('./commands/version.ts')),
  },
];
