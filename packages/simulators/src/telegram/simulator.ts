import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAnswer } from '../shared/answer.ts';
import { avatarUrl, serveAvatar } from '../shared/avatars.ts';
import { createRecords, type Records } from '../shared/records.ts';
import { listen, type Listening, type Where } from '../shared/server.ts';
import type { ChatSimulator, SimMessage } from '../types.ts';
import { createFloodLimits } from './flood.ts';
import type { StoredFile } from './files.ts';
import { createHandler, fileAnswer } from './http.ts';
import type {
  ApiUser,
  BotStatus,
  Entity,
  StoredMessage,
  TelegramBotSpec,
  TelegramPerson,
  TelegramPersonSpec,
  TelegramPost,
  TelegramReact,
  TelegramRoom,
  TelegramRoomSpec,
} from './model.ts';
import { createActors, type Actors } from './people.ts';
import { simMessage } from './render.ts';
import { createRunner, type Runner } from './runner.ts';
import { createUpdateQueue, type UpdateQueue } from './updates.ts';
import type { WebhookAttempt } from './webhook.ts';
import { createWorld, type World } from './world.ts';

/** How to start a Telegram of one's own. */
export interface TelegramSimulatorOptions extends Where {
  readonly token: string;
  readonly bot?: TelegramBotSpec;
  readonly people: readonly TelegramPersonSpec[];
  readonly rooms: readonly TelegramRoomSpec[];
  /** Enforces flood limits; false where absent. */
  readonly limits?: boolean;
  /** Factor on the waits of webhook back-off, Retry-After and long polls; 1 where absent, 0.01 makes a test a hundred times faster. */
  readonly timeScale?: number;
  /** How long the webhook's receiver may take; 60 s where absent. Not scaled. */
  readonly webhookTimeoutMs?: number;
  readonly firstUpdateId?: number;
  /** 1 where absent. One that starts anew under a bridge that remembers must not give ids a second time. */
  readonly firstMessageId?: number;
}

/** `ChatSimulator` with what only Telegram has. Rooms' and people's ids are Telegram's, as text. */
export interface TelegramSimulator extends ChatSimulator {
  readonly people: readonly TelegramPerson[];
  readonly rooms: readonly TelegramRoom[];
  readonly bot: ApiUser;
  /** Each attempt to deliver an update, the last 10,000. */
  readonly webhookLog: readonly WebhookAttempt[];
  /** Calls, in words, that the official server lets pass but that are not as its description says. A right client has none. */
  readonly violations: readonly string[];
  /** Updates not yet acknowledged. */
  readonly pendingUpdates: number;
  post(message: TelegramPost): SimMessage;
  edit(change: {
    readonly room: string;
    readonly message: string;
    readonly text: string;
    readonly entities?: readonly Entity[];
  }): SimMessage;
  /** One reaction of a person's, on or off; or all of them, where `emoji` is a list. */
  react(change: TelegramReact): void;
  /** Delivers an update as it is; gives it an `update_id` where it has none, and returns that. */
  injectUpdate(update: Readonly<Record<string, unknown>>): number;
  /** Removes the bot from a chat, or makes it an administrator. In a private chat `kicked` means that the person blocked it. */
  setBotStatus(room: string, status: BotStatus): void;
  /** Takes a right of an administrator's, such as `can_delete_messages`, from the bot. */
  withholdRight(room: string, right: string): void;
  /** Gives back a right that was taken. */
  grantRight(room: string, right: string): void;
  /** What @BotFather's /setprivacy does. */
  setPrivacyMode(on: boolean): void;
  /** Upgrades a group to a supergroup; returns its new id. */
  upgradeToSupergroup(room: string): string;
}

/** Starts a server that behaves like Telegram's Bot API for one bot. `url` is the API root: calls go to `<url>/bot<token>/<method>`. */
export async function startTelegramSimulator(options: TelegramSimulatorOptions): Promise<TelegramSimulator> {
  const { timeScale = 1, webhookTimeoutMs = 60_000, bot = {} } = options;
  const world = createWorld({ ...options, bot: { id: botIdIn(options.token), ...bot } });
  const queue = createUpdateQueue(options.firstUpdateId ?? 731_000_001);
  const privacy = { on: bot.privacyMode ?? false };
  const records = createRecords<WebhookAttempt>();
  const show = (message: StoredMessage): SimMessage =>
    simMessage(message, {
      avatar: (user) => avatarUrl(listening.url, String(user.id)),
      file: ({ path }) => `${listening.url}${shownFiles}${path}`,
    });
  const runner = createRunner({
    world,
    queue,
    flood: options.limits === true ? createFloodLimits() : undefined,
    privacy,
    timeScale,
    webhookTimeoutMs,
    changed: (kind, message) => records.changes.emit(() => ({ kind, message: show(message) })),
    attempted: records.attempts.push,
  });
  const { faults, calls, violations } = records;
  const api = createHandler({ token: options.token, faults, calls, violation: violations.push, run: runner.run, file: world.files.byPath });
  const listening = await listen((request, response) => {
    const path = request.url ?? '';
    if (serveAvatar(path, response, (id) => nameOf(world, id))) return;
    const file = path.startsWith(shownFiles) ? world.files.byPath(path.slice(shownFiles.length)) : undefined;
    if (file === undefined) api(request, response);
    else showFile(file, request, response);
  }, options);
  const actors = createActors({ world, queue, privacy, changed: runner.changed });
  return assemble({ options, world, queue, privacy, records, runner, listening, actors, show });
}

/** A token begins with the id of its bot. */
const botIdIn = (token: string): number => Number(/^(\d{1,15}):/.exec(token)?.[1] ?? 7_000_000_001);

const shownFiles = '/shown/';

/** For a page that shows what is in the chats; the platform itself gives files to the bot alone. */
function showFile({ bytes, mime }: StoredFile, request: IncomingMessage, response: ServerResponse): void {
  const { headers, ...found } = fileAnswer(Buffer.from(bytes), request.headers.range, mime);
  sendAnswer(response, { ...found, headers: { ...headers, 'cross-origin-resource-policy': 'cross-origin' } });
}

interface Parts {
  readonly options: TelegramSimulatorOptions;
  readonly world: World;
  readonly queue: UpdateQueue;
  readonly privacy: { on: boolean };
  readonly records: Records<WebhookAttempt>;
  readonly runner: Runner;
  readonly listening: Listening;
  readonly actors: Actors;
  show(message: StoredMessage): SimMessage;
}

function assemble({ options, world, queue, privacy, records, runner, listening, actors, show }: Parts): TelegramSimulator {
  return {
    url: listening.url,
    bot: world.bot,
    faults: records.faults,
    people: options.people.map((person) => ({ ...person, avatarUrl: avatarUrl(listening.url, person.id) })),
    rooms: options.rooms.map((room) => toRoom(world, room)),
    get calls() {
      return records.calls.list();
    },
    get webhookLog() {
      return records.attempts.list();
    },
    get violations() {
      return records.violations.list();
    },
    get pendingUpdates() {
      return queue.size;
    },
    post: (message) => show(actors.post(message)),
    edit: (change) => show(actors.edit(change)),
    remove: (change) => actors.remove(change),
    react: (change) => actors.react(change),
    messages: (room) => [...actors.chat(room).messages.values()].filter((message) => !message.service).map(show),
    onChange: records.changes.on,
    injectUpdate: (update) => queue.inject(update),
    setBotStatus: (room, status) => void (actors.chat(room).botStatus = status),
    withholdRight(room, right) {
      actors.chat(room).withheld.add(right);
    },
    grantRight: (room, right) => void actors.chat(room).withheld.delete(right),
    setPrivacyMode: (on) => void (privacy.on = on),
    upgradeToSupergroup: (room) => actors.upgrade(room),
    async close() {
      runner.close();
      records.changes.clear();
      await listening.close();
    },
  };
}

function nameOf(world: World, id: string): string | undefined {
  if (id === String(world.bot.id)) return world.bot.first_name;
  const person = world.people.get(id);
  return person && `${person.first_name} ${person.last_name ?? ''}`;
}

function toRoom(world: World, spec: TelegramRoomSpec): TelegramRoom {
  const type = world.chats.get(Number(spec.id))?.type ?? 'supergroup';
  return { id: spec.id, name: spec.name, type, topics: spec.topics ?? [] };
}
