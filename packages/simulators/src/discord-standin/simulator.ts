import { avatarUrl, serveAvatar } from '../shared/avatars.ts';
import { createCallLog } from '../shared/calls.ts';
import { createChanges } from '../shared/changes.ts';
import { createFaults } from '../shared/faults.ts';
import { listen } from '../shared/server.ts';
import type { ChatSimulator, SimChange, SimMessage } from '../types.ts';
import * as acts from './acts.ts';
import { createBuckets } from './buckets.ts';
import { createGateway, type Gateway } from './gateway.ts';
import type { Host } from './host.ts';
import { createHandler } from './http.ts';
import type { DiscordMessage, DiscordPermissions, DiscordUser } from './model.ts';
import { apiMessage, simMessage } from './render.ts';
import { channelOf, createWorld, messageOf, type World } from './world.ts';

/** How to start a Discord of one's own, with one guild. */
export interface DiscordSimulatorOptions {
  readonly token: string;
  /** Also the bot user's id, as for all newer applications; taken from the token's first part where absent. */
  readonly applicationId?: string;
  readonly botName?: string;
  readonly people: readonly { readonly id: string; readonly name: string }[];
  /** `parent` makes it a thread of that channel. */
  readonly rooms: readonly { readonly id: string; readonly name: string; readonly parent?: string }[];
  /** A free one where absent or 0. */
  readonly port?: number;
  /** Enforces rate limits; the headers are given in any case. */
  readonly limits?: boolean;
  /** Heartbeat interval that HELLO asks for; Discord's 41,250 ms where absent. */
  readonly heartbeatMs?: number;
  /** Privileged intents that are switched on for the application; all of them where absent. */
  readonly allowedIntents?: number;
}

/** `ChatSimulator` with what only Discord has. */
export interface DiscordSimulator extends ChatSimulator {
  readonly gateway: Gateway;
  readonly bot: DiscordUser;
  /** Calls answered with 401, 403 or 429. */
  readonly invalidRequests: number;
  /** What the bot may do in a channel from now on; what is not named stays allowed. */
  setPermissions(room: string, permissions: Partial<DiscordPermissions>): void;
  react(change: { readonly room: string; readonly message: string; readonly author: string; readonly emoji: string; readonly on: boolean }): void;
  removeMany(change: { readonly room: string; readonly messages: readonly string[] }): void;
  /** A link in the message got its preview: MESSAGE_UPDATE without an edit. */
  unfurl(change: { readonly room: string; readonly message: string }): void;
  /** Deletes every webhook of a channel, as an administrator might. */
  deleteWebhooks(room: string): void;
}

/** Starts a server that behaves like Discord for one bot. `url` is the API base without version: calls go to `<url>/v10/…`. */
export async function startDiscordSimulator(options: DiscordSimulatorOptions): Promise<DiscordSimulator> {
  const applicationId = options.applicationId ?? Buffer.from(options.token.split('.')[0] ?? '', 'base64').toString('utf8');
  const world = createWorld({ applicationId, botName: options.botName ?? 'Bridge', people: options.people, rooms: options.rooms });
  const { faults, calls, changes } = { faults: createFaults(), calls: createCallLog(), changes: createChanges<SimChange>() };
  const counts = { invalid: 0 };
  const gateway = createGateway({
    world, token: options.token, baseUrl: () => listening.url, heartbeatMs: options.heartbeatMs ?? 41_250,
    ...(options.allowedIntents === undefined ? {} : { allowedIntents: options.allowedIntents }),
  });
  const pictured = (id: string) => avatarUrl(listening.url, id);
  const show = (message: DiscordMessage): SimMessage => simMessage(message, pictured);
  const host: Host = { world, baseUrl: () => listening.url, dispatch: gateway.dispatch, changed: (kind, message) => changes.emit({ kind, message: show(message) }) };
  const api = createHandler({ token: options.token, host, faults, calls, buckets: createBuckets(options.limits === true), invalid: () => (counts.invalid += 1) });
  const listening = await listen((request, response) => {
    if (!serveAvatar(request.url ?? '', response, (id) => nameOf(world, id))) api(request, response);
  }, options.port);
  gateway.attach(listening.server);
  return {
    url: `${listening.url}/api`,
    gateway,
    bot: world.bot,
    faults,
    people: options.people.map((person) => ({ ...person, avatarUrl: pictured(person.id) })),
    rooms: options.rooms.map(({ id, name }) => ({ id, name })),
    get calls() {
      return calls.list();
    },
    get invalidRequests() {
      return counts.invalid;
    },
    ...peopleOf(host, show),
    onChange: changes.on,
    async close() {
      gateway.close();
      changes.clear();
      await listening.close();
    },
  };
}

/** What people, and administrators, do. */
function peopleOf(host: Host, show: (message: DiscordMessage) => SimMessage) {
  const { world } = host;
  const everything: DiscordPermissions = { view: true, send: true, manageWebhooks: true, manageMessages: true };
  return {
    post: ({ room, author, text, replyTo }: Parameters<ChatSimulator['post']>[0]) => {
      const person = world.people.get(author);
      if (!person) throw new Error(`There is no person ${author} here.`);
      const reply = replyTo === undefined ? {} : { message_reference: { message_id: messageOf(world, room, replyTo).id, channel_id: room } };
      return show(acts.create(host, { channel_id: channelOf(world, room).id, author: person, content: text, viaApi: false, ...reply }));
    },
    edit: ({ room, message, text }: Parameters<ChatSimulator['edit']>[0]) => show(acts.edit(host, messageOf(world, room, message), text)),
    remove: ({ room, message }: Parameters<ChatSimulator['remove']>[0]) => acts.remove(host, messageOf(world, room, message)),
    removeMany: ({ room, messages }: Parameters<DiscordSimulator['removeMany']>[0]) => acts.removeMany(host, room, messages.map((id) => messageOf(world, room, id))),
    react: ({ room, message, author, emoji, on }: Parameters<DiscordSimulator['react']>[0]) => acts.react(host, { message: messageOf(world, room, message), user: author, emoji, on }),
    messages: (room: string) => [...(world.messages.get(channelOf(world, room).id)?.values() ?? [])].map(show),
    unfurl: ({ room, message }: Parameters<DiscordSimulator['unfurl']>[0]) => {
      const found = messageOf(world, room, message);
      found.embeds = [{ type: 'link', url: 'https://example.org/', title: 'Example' }];
      host.dispatch('MESSAGE_UPDATE', { ...apiMessage(world, found), guild_id: world.guildId });
    },
    setPermissions: (room: string, permissions: Partial<DiscordPermissions>) => void world.permissions.set(room, { ...everything, ...permissions }),
    deleteWebhooks: (room: string) => {
      for (const webhook of [...world.webhooks.values()]) if (webhook.channel_id === room) world.webhooks.delete(webhook.id);
    },
  };
}

function nameOf(world: World, id: string): string | undefined {
  return id === world.bot.id ? (world.bot.global_name ?? world.bot.username) : (world.people.get(id)?.global_name ?? undefined);
}
