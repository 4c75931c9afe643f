import { avatarUrl, serveAvatar } from '../shared/avatars.ts';
import { createRecords, type Records } from '../shared/records.ts';
import { listen, type Listening, type Where } from '../shared/server.ts';
import type { ChatSimulator, ReactInput, SimMessage } from '../types.ts';
import { createActs, type Acts, type Told } from './acts.ts';
import { createFileStore, type FileStore, type MediaAccess } from './files.ts';
import { createHandler, type HttpHost } from './http.ts';
import { createLoader, type Loader } from './loader.ts';
import type { CometChatPersonSpec, CometChatPost, CometChatRoomSpec, ModerationDecision, StoredMessage, User } from './model.ts';
import { createActors, type Actors, type Membership } from './people.ts';
import { createRateCounter, documentedLimits, type RateLimits } from './rate.ts';
import { simMessage } from './render.ts';
import { webhookBody, type BodyStyle, type WebhookEvent } from './webhook-bodies.ts';
import { createDispatcher, type CometChatWebhook, type CometChatWebhookAttempt, type Dispatcher } from './webhook.ts';
import { createWorld, type World } from './world.ts';

/** How to start a CometChat app of one's own. */
export interface CometChatSimulatorOptions extends Where {
  readonly appId: string;
  readonly region: string;
  readonly apiKey: string;
  readonly people: readonly CometChatPersonSpec[];
  /** Groups. */
  readonly rooms: readonly CometChatRoomSpec[];
  readonly webhook?: CometChatWebhook;
  /** 1 where absent. One that starts anew under a bridge that remembers must not give ids a second time. */
  readonly firstMessageId?: number;
  /** Enforces rate limits: the documented ones, or others; not enforced where absent. Counted and told of in headers anyway. */
  readonly limits?: boolean | RateLimits;
  /** The clock that rate limits go by, Unix milliseconds; this machine's where absent. */
  readonly now?: () => number;
  /** The webhook of what comes through the API is answered before the API call is; false where absent. */
  readonly echoFirst?: boolean;
  /** Shape of message_edited and message_deleted; `action`, the documented one, where absent. */
  readonly editShape?: BodyStyle['editShape'];
  /** `legacy` tells of new messages only; `current` where absent. */
  readonly webhookVersion?: BodyStyle['version'];
  /** A seed: webhooks then come in any order. In order within a conversation where absent. */
  readonly shuffle?: number;
  /** Factor on the waits before a webhook is retried; 1 where absent. */
  readonly timeScale?: number;
  /** How long the webhook's receiver may take; the documented 2 s where absent. Not scaled. */
  readonly webhookTimeoutMs?: number;
  /** How files are got at; `presigned` where absent. */
  readonly mediaAccess?: MediaAccess;
  /** How long a pre-signed URL is good, milliseconds; a day where absent. */
  readonly mediaTtlMs?: number;
  /** An edit through the API takes away the fields of `data` that it does not name; it keeps them where absent. */
  readonly editReplaces?: boolean;
}

/** `ChatSimulator` with what only CometChat has. */
export interface CometChatSimulator extends ChatSimulator {
  /** Every user, also those made through the API; a copy. */
  readonly users: readonly Readonly<User>[];
  /** Uids of a group's members. */
  members(room: string): readonly string[];
  /** Each attempt to deliver a webhook, the last 10,000. */
  readonly webhookLog: readonly CometChatWebhookAttempt[];
  /** Body fields, in words, that the API description does not know and that the API lets pass. A right client has none. */
  readonly violations: readonly string[];
  /** Every signed URL of a file that was given out so far is no longer good. */
  expireMedia(): void;
  post(message: CometChatPost): SimMessage;
  /** A person's reaction, put there or taken away. */
  react(change: ReactInput): void;
  moderate(decision: ModerationDecision): void;
  /** A person joins a group by themselves, or leaves it. */
  join(change: Membership): void;
  leave(change: Membership): void;
  /** A person's name from now on. */
  rename(change: { readonly author: string; readonly name: string }): void;
  /** From now on; undefined for none. */
  setWebhook(webhook: CometChatWebhook | undefined): void;
  /** Sends a body as it is, with the webhook's headers and those given; resolves when the first attempt is over. */
  injectWebhook(body: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): Promise<void>;
}

/** Starts a server that behaves like the REST API of one CometChat app. `url` ends in `/v3`. */
export async function startCometChatSimulator(options: CometChatSimulatorOptions): Promise<CometChatSimulator> {
  const records = createRecords<CometChatWebhookAttempt>();
  const { appId, apiKey, mediaAccess = 'presigned', mediaTtlMs = 24 * 3_600_000, editReplaces = false } = options;
  const files = createFileStore({ appId, apiKey, access: mediaAccess, ttlMs: mediaTtlMs, faults: records.faults });
  const world = createWorld({ ...options, files });
  const { timeScale = 1, webhookTimeoutMs = 2_000, shuffle, limits = false } = options;
  const shuffled = shuffle === undefined ? {} : { shuffle };
  const dispatcher = createDispatcher({ timeScale, timeoutMs: webhookTimeoutMs, log: records.attempts.push, ...shuffled });
  dispatcher.webhook = options.webhook;
  const tell: Told['changed'] = (kind, message) => records.changes.emit(() => ({ kind, message: simMessage(world, message) }));
  const loader = createLoader(files, (message) => tell('edited', message));
  const changed: Told['changed'] = (kind, message) => {
    if (kind === 'posted') void loader.load(message);
    tell(kind, message);
  };
  const { acts, withEcho } = createTelling({ world, dispatcher, options, changed });
  const handler = createHandler({
    apiKey: options.apiKey,
    world,
    acts,
    faults: records.faults,
    calls: records.calls,
    rate: createRateCounter(typeof limits === 'object' ? limits : documentedLimits, options.now),
    limits: limits !== false,
    editReplaces,
    violation: records.violations.push,
    withEcho,
  });
  const listening = await listen((request, response) => {
    const avatar = serveAvatar(request.url ?? '', response, (uid) => world.users.get(uid)?.name);
    if (!avatar && !files.serve(request, response)) handler(request, response);
  }, options);
  files.baseUrl = listening.url;
  givePictures(world, listening.url);
  return assemble({ options, world, files, records, dispatcher, listening, loader, actors: createActors(world, acts) });
}

interface Parts {
  readonly options: CometChatSimulatorOptions;
  readonly world: World;
  readonly files: FileStore;
  readonly records: Records<CometChatWebhookAttempt>;
  readonly dispatcher: Dispatcher;
  readonly listening: Listening;
  readonly loader: Loader;
  readonly actors: Actors;
}

function assemble({ options, world, files, records, dispatcher, listening, loader, actors }: Parts): CometChatSimulator {
  const show = (message: StoredMessage): SimMessage => simMessage(world, message);
  return {
    url: `${listening.url}/v3`,
    faults: records.faults,
    people: options.people.map(({ id, name }) => ({ id, name, avatarUrl: world.users.get(id)?.avatar ?? '' })),
    rooms: options.rooms.map(({ id, name }) => ({ id, name })),
    get calls() {
      return records.calls.list();
    },
    get users() {
      return [...world.users.values()].map((user) => ({ ...user }));
    },
    get webhookLog() {
      return records.attempts.list();
    },
    get violations() {
      return records.violations.list();
    },
    expireMedia: () => files.expire(),
    members: (room) => [...(world.groups.get(room)?.members.keys() ?? [])],
    post: (message) => show(actors.post(message)),
    edit: (change) => show(actors.edit(change)),
    remove: actors.remove,
    react: actors.react,
    moderate: actors.moderate,
    join: actors.join,
    leave: actors.leave,
    rename({ author, name }) {
      const user = world.users.get(author);
      if (user) user.name = name;
    },
    messages: (room) => actors.messages(room).map(show),
    onChange: records.changes.on,
    setWebhook: (webhook) => void (dispatcher.webhook = webhook),
    injectWebhook: (body, headers) => dispatcher.send({ lane: 'injected', body, ...(headers === undefined ? {} : { headers }) }),
    async close() {
      dispatcher.close();
      loader.close();
      records.changes.clear();
      await listening.close();
    },
  };
}

/** The acts, telling the webhook; with `echoFirst` the API waits for what its own call told. */
function createTelling(parts: {
  readonly world: World;
  readonly dispatcher: Dispatcher;
  readonly options: CometChatSimulatorOptions;
  readonly changed: Told['changed'];
}): { readonly acts: Acts; withEcho: HttpHost['withEcho'] } {
  const { world, dispatcher, options } = parts;
  let echo: Promise<void> | undefined;
  const webhook = (event: WebhookEvent): void => {
    const style: BodyStyle = {
      appId: options.appId,
      region: options.region,
      webhookId: dispatcher.webhook?.id ?? 'bridge',
      version: options.webhookVersion ?? 'current',
      editShape: options.editShape ?? 'action',
    };
    const body = dispatcher.webhook && webhookBody(world, event, style);
    if (body) echo = dispatcher.send({ lane: event.message.conversationId, body });
  };
  return {
    acts: createActs(world, { webhook, changed: parts.changed }),
    withEcho(act) {
      echo = undefined;
      const result = act();
      return { result, echo: options.echoFirst === true ? echo : undefined };
    },
  };
}

function givePictures(world: World, baseUrl: string): void {
  for (const user of world.users.values()) user.avatar ??= avatarUrl(baseUrl, user.uid);
}
