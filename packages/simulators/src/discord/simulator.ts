import type { IncomingMessage, ServerResponse } from 'node:http';
import { type APIEmbed, EmbedType } from 'discord-api-types/v10';
import { avatarUrl, serveAvatar } from '../shared/avatars.ts';
import { createCallLog } from '../shared/calls.ts';
import { createChanges } from '../shared/changes.ts';
import { applyFault, createFaults } from '../shared/faults.ts';
import { listen, type Where } from '../shared/server.ts';
import type { ChatSimulator, SimChange, SimMessage } from '../types.ts';
import { Actors, type DiscordPost, type MessageRef, type ThreadStart } from './actors.ts';
import { Acts } from './acts.ts';
import { type Attachments, createAttachments } from './attachments.ts';
import { createGateway, type GatewayControl, type GatewayOptions } from './gateway.ts';
import { answers, createHandler } from './http.ts';
import type { DiscordBotSpec, DiscordPerson, DiscordPersonSpec, DiscordRoom, DiscordRoomSpec, MessageState } from './model.ts';
import { createNonces } from './nonces.ts';
import { type PermissionName, permissionNames } from './permissions.ts';
import { createRateLimits } from './rate-limits.ts';
import { simMessage } from './render.ts';
import { createWorld, type PremiumTier, type World } from './world.ts';

/** How to start a Discord of one's own. */
export interface DiscordSimulatorOptions extends GatewayOptions, Where {
  readonly token: string;
  /** The bot's id where absent, as for real applications. */
  readonly applicationId?: string;
  readonly bot?: DiscordBotSpec;
  readonly guildId?: string;
  /** How far the guild is boosted, which decides how large files may be; 0 where absent. */
  readonly premiumTier?: PremiumTier;
  readonly people: readonly DiscordPersonSpec[];
  /** Text channels of the one guild. */
  readonly rooms: readonly DiscordRoomSpec[];
  /** Enforces rate limits; false where absent, and the headers are there all the same. */
  readonly limits?: boolean;
  /** Makes webhook tokens and session ids the same in each run. Message ids carry the time, so they differ. */
  readonly seed?: number;
  /** How long `enforce_nonce` looks back; 5 minutes where absent. */
  readonly nonceMemoryMs?: number;
}

/** A webhook, with what it takes to use it. */
export interface DiscordWebhook {
  readonly id: string;
  readonly token: string;
  readonly room: string;
  readonly name: string;
  /** Null for one that a person made. */
  readonly applicationId: string | null;
}

/** `ChatSimulator` with what only Discord has. A thread's id is a room's wherever one is asked for. */
export interface DiscordSimulator extends ChatSimulator {
  readonly people: readonly DiscordPerson[];
  readonly rooms: readonly DiscordRoom[];
  readonly guildId: string;
  readonly botId: string;
  readonly applicationId: string;
  readonly gateway: GatewayControl;
  readonly webhooks: readonly DiscordWebhook[];
  /** Answers with 401, 403 or 429 (other than scope `shared`): 10,000 in 10 minutes and Discord bans the address. */
  readonly invalidRequests: number;
  post(message: DiscordPost): SimMessage;
  /** A person begins to write, or goes on: Discord's own app says so every ten seconds or so. */
  type(typing: { readonly room: string; readonly author: string }): void;
  /** A person's reaction; taken away with `on: false`. Emoji as themselves, or `name:id`. */
  react(reaction: MessageRef & { readonly author: string; readonly emoji: string; readonly on?: boolean }): void;
  /** Takes away everybody's reactions, or those with one emoji, as moderation does. */
  clearReactions(change: MessageRef & { readonly emoji?: string }): void;
  /** A person's thread, of a message or by itself; gives its id, which is a room's. What is said in it also counts to its channel. */
  startThread(thread: ThreadStart): string;
  /** Puts a thread away, as Discord does after a while. */
  archive(thread: string): void;
  /** Removes messages in one event, as moderation does. */
  removeMany(change: { readonly room: string; readonly messages: readonly string[] }): void;
  /** Adds link previews: a MESSAGE_UPDATE that is no edit. */
  unfurl(change: MessageRef & { readonly embeds?: readonly APIEmbed[] }): void;
  /** Switches permissions of the bot in a room; those not named stay. All are on at the start. */
  setPermissions(room: string, permissions: Partial<Record<PermissionName, boolean>>): void;
  /** A webhook of a person, or of an application. */
  addWebhook(webhook: { readonly room: string; readonly name: string; readonly applicationId?: string }): DiscordWebhook;
  deleteWebhook(id: string): void;
  /** Sends any event to every session, whatever its intents. */
  dispatchRaw(event: string, data: Readonly<Record<string, unknown>>): void;
  /** From now on only this token is right; sessions go on, as they do at Discord until they connect anew. */
  setToken(token: string): void;
  /** The switch "Message Content Intent" of the developer portal; sessions go on with what they had. */
  setMessageContent(allowed: boolean): void;
}

/** Starts a server that behaves like Discord's API v10 and gateway for one bot in one guild. `url` is the base without a version. */
export async function startDiscordSimulator(options: DiscordSimulatorOptions): Promise<DiscordSimulator> {
  const world = createWorld(options);
  const token = { current: options.token };
  const isToken = (candidate: string): boolean => candidate === token.current;
  const gatewayUrl = (): string => listening.url.replace(/^http/, 'ws');
  const changes = createChanges<SimChange>();
  const attachments = createAttachments(world, () => listening.url);
  const shelves = {
    pictureOf: (id: string) => avatarUrl(listening.url, id),
    file: attachments.shown,
    sticker: attachments.shownSticker,
  };
  const show = (message: MessageState): SimMessage => simMessage(world, message, shelves);
  const allowed = { ...options.allowedIntents };
  const gateway = createGateway({
    world,
    options: { ...options, allowedIntents: allowed },
    limits: options.limits ?? false,
    isToken,
    revokeToken: () => (token.current = world.random.hex(64)),
    url: gatewayUrl,
  });
  const acts = new Acts(world, {
    dispatch: (event) => gateway.dispatch(event),
    changed: (kind, message) => changes.emit(() => ({ kind, message: show(message) })),
  });
  const api = createApi(options, { world, acts, attachments, allowed, gateway, gatewayUrl, isToken });
  const listening = await listen((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (attachments.has(path)) return api.download(path, request, response);
    if (!path.startsWith('/api') && serveAvatar(path, response, (id) => nameOf(world, id))) return;
    api.handle(request, response);
  }, options);
  gateway.listen(listening.server);
  return assemble({ world, acts, attachments, gateway, changes, show, token, allowed, api, options, listening });
}

type Api = ReturnType<typeof createApi>;

function createApi(
  options: DiscordSimulatorOptions,
  parts: {
    readonly world: World;
    readonly acts: Acts;
    readonly attachments: Attachments;
    /** Privileged intents that are switched on now. */
    readonly allowed: { messageContent?: boolean };
    readonly gateway: ReturnType<typeof createGateway>;
    gatewayUrl(): string;
    isToken(token: string): boolean;
  },
) {
  const { world, acts, attachments, allowed, gateway, gatewayUrl, isToken } = parts;
  const faults = createFaults();
  const calls = createCallLog();
  const counted = { invalid: 0 };
  const nonces = createNonces(options.nonceMemoryMs === undefined ? {} : { memoryMs: options.nonceMemoryMs });
  const handle = createHandler({
    api: {
      world,
      acts,
      attachments,
      nonces,
      get readsContent() {
        return allowed.messageContent ?? true;
      },
      allowMessageContent: () => void (allowed.messageContent = true),
      gatewayUrl,
      identifyBudget: () => gateway.identifyBudget(),
    },
    faults,
    calls,
    limits: createRateLimits({ enforced: options.limits ?? false, ...(options.now === undefined ? {} : { now: options.now }) }),
    isToken,
    invalidRequest: () => void (counted.invalid += 1),
  });
  /** A file, with the faults that are set for its path. */
  const download = (path: string, request: IncomingMessage, response: ServerResponse): void => {
    if (applyFault(faults.take(request.method ?? 'GET', path), faults.latencyMs, { request, response, answers }))
      attachments.serve(path, request, response);
  };
  return { faults, calls, counted, handle, download };
}

interface Parts {
  readonly world: World;
  readonly acts: Acts;
  readonly attachments: Attachments;
  readonly gateway: ReturnType<typeof createGateway>;
  readonly changes: ReturnType<typeof createChanges<SimChange>>;
  readonly token: { current: string };
  readonly allowed: { messageContent?: boolean };
  readonly api: Api;
  readonly options: DiscordSimulatorOptions;
  readonly listening: Awaited<ReturnType<typeof listen>>;
  show(message: MessageState): SimMessage;
}

function assemble({ world, acts, attachments, gateway, changes, show, token, allowed, api, options, listening }: Parts): DiscordSimulator {
  const actors = new Actors(world, acts, attachments);
  return {
    url: `${listening.url}/api`,
    guildId: world.guildId,
    botId: world.bot.id,
    applicationId: world.applicationId,
    people: options.people.map((person) => ({
      username: world.users.get(person.id)?.username ?? person.name,
      ...person,
      avatarUrl: avatarUrl(listening.url, person.id),
    })),
    rooms: options.rooms.map(({ id, name, threads = [] }) => ({
      id,
      name,
      threads: threads.map((thread) => ({ id: thread.id, name: thread.name })),
    })),
    faults: api.faults,
    gateway,
    get calls() {
      return api.calls.list();
    },
    get invalidRequests() {
      return api.counted.invalid;
    },
    get webhooks() {
      return [...world.webhooks.values()].map(toWebhook);
    },
    ...drive(actors, { acts, show }),
    onChange: changes.on,
    dispatchRaw: (event, data) => gateway.dispatch({ event, intents: 0, data }),
    setToken: (next) => void (token.current = next),
    setMessageContent: (on) => void (allowed.messageContent = on),
    async close() {
      changes.clear();
      gateway.close();
      await listening.close();
    },
  };
}

/** What people do. */
function drive(actors: Actors, { acts, show }: Pick<Parts, 'acts' | 'show'>) {
  return {
    post: (message) => show(actors.post(message)),
    type: (typing) => actors.type(typing),
    edit: (change) => show(actors.edit(change)),
    remove: (change) => actors.remove(change),
    removeMany: ({ room, messages }) => actors.removeMany(room, messages),
    react: (reaction) => actors.react(reaction),
    clearReactions: (change) => actors.clearReactions(change),
    startThread: (thread) => actors.startThread(thread).id,
    archive: (thread) => acts.archive(actors.room(thread)),
    unfurl: ({ embeds = [linkPreview], ...ref }) => acts.unfurl(actors.message(ref), embeds),
    messages: (room) => actors.said(room).map(show),
    setPermissions(room, permissions) {
      const channel = actors.room(room);
      applyPermissions(channel.denied, permissions);
      acts.channelChanged(channel);
    },
    addWebhook: ({ room, name, applicationId }) => toWebhook(actors.addWebhook(room, name, applicationId ?? null)),
    deleteWebhook: (id) => actors.deleteWebhook(id),
  } satisfies Partial<DiscordSimulator>;
}

const linkPreview: APIEmbed = { type: EmbedType.Link, url: 'https://example.org/', title: 'Example', description: 'A preview of a link' };

function applyPermissions(denied: Set<PermissionName>, permissions: Partial<Record<PermissionName, boolean>>): void {
  for (const name of permissionNames) {
    if (permissions[name] === true) denied.delete(name);
    if (permissions[name] === false) denied.add(name);
  }
}

const toWebhook = (webhook: ReturnType<Actors['addWebhook']>): DiscordWebhook => {
  const { id, token, name, channel, applicationId } = webhook;
  return { id, token, name, room: channel.id, applicationId };
};

function nameOf(world: World, id: string): string | undefined {
  const user = world.users.get(id);
  return user?.globalName ?? user?.username;
}
