import type { Answer } from '../shared/answer.ts';
import { apiError } from './api-error.ts';
import { applicationJson, guildJson, memberWithUserJson, rolesJson } from './render-guild.ts';
import { channelJson, userJson } from './render.ts';
import { type ApiCall, ok, type Route } from './route.ts';
import { requireChannel, requirePermissions } from './world.ts';

const bucket = { name: 'guild', limit: 10, windowMs: 10_000 };

/** What there is: users, the application, the guild and its channels, and where the gateway is. */
export const guildRoutes: readonly Route[] = [
  { method: 'GET', path: '/gateway', auth: false, run: ({ host }) => ok({ url: host.gatewayUrl() }) },
  { method: 'GET', path: '/gateway/bot', bucket: { name: 'gateway-bot', limit: 2, windowMs: 5_000 }, run: gatewayBot },
  {
    method: 'GET',
    path: '/users/@me',
    run: ({ host }) => ok({ ...userJson(host.world.bot), mfa_enabled: true, locale: 'en-US', verified: true, email: null }),
  },
  { method: 'GET', path: '/users/@me/guilds', bucket, run: ({ host }) => ok([{ ...guildJson(host.world), owner: false }]) },
  { method: 'GET', path: '/users/:user_id', run: user },
  { method: 'GET', path: '/applications/@me', run: ({ host }) => ok(applicationJson(host.world, host.readsContent)) },
  { method: 'PATCH', path: '/applications/@me', run: editApplication },
  { method: 'GET', path: '/oauth2/applications/@me', run: ({ host }) => ok(applicationJson(host.world, host.readsContent)) },
  { method: 'GET', path: '/guilds/:guild_id', bucket, run: (call) => ok(guildJson(guildOf(call).world)) },
  { method: 'GET', path: '/guilds/:guild_id/channels', bucket, run: guildChannels },
  { method: 'GET', path: '/guilds/:guild_id/threads/active', bucket, run: activeThreads },
  { method: 'GET', path: '/guilds/:guild_id/roles', bucket, run: (call) => ok(rolesJson(guildOf(call).world)) },
  { method: 'GET', path: '/guilds/:guild_id/members/:user_id', bucket, run: member },
  { method: 'GET', path: '/channels/:channel_id', bucket: { name: 'get-channel', limit: 5, windowMs: 5_000 }, run: channel },
];

/** GATEWAY_MESSAGE_CONTENT_LIMITED, the one flag that is known here. Source: API reference, "Edit Current Application". */
const limitedContentFlag = 1 << 19;

function editApplication({ host, body }: ApiCall): Answer {
  const flags = body.integer('flags') ?? 0;
  body.done();
  if ((flags & limitedContentFlag) !== 0) host.allowMessageContent();
  return ok(applicationJson(host.world, host.readsContent));
}

function gatewayBot({ host }: ApiCall): Answer {
  const { total, remaining, resetAfterMs } = host.identifyBudget();
  return ok({
    url: host.gatewayUrl(),
    shards: 1,
    session_start_limit: { total, remaining, reset_after: resetAfterMs, max_concurrency: 1 },
  });
}

function user({ host, param }: ApiCall): Answer {
  const found = host.world.users.get(param('user_id'));
  if (found === undefined) throw apiError('unknownUser');
  return ok(userJson(found));
}

function guildOf({ host, param }: ApiCall): ApiCall['host'] {
  // Of a guild that it is not in, a bot learns that it lacks access, or that there is none.
  if (param('guild_id') !== host.world.guildId) throw apiError('unknownGuild');
  return host;
}

function guildChannels(call: ApiCall): Answer {
  const { world } = guildOf(call);
  return ok([...world.channels.values()].filter(({ parent }) => parent === undefined).map((one) => channelJson(world, one)));
}

function activeThreads(call: ApiCall): Answer {
  const { world } = guildOf(call);
  const threads = [...world.channels.values()].filter(({ parent, archived }) => parent !== undefined && !archived);
  return ok({ threads: threads.map((one) => channelJson(world, one)), members: [] });
}

function member(call: ApiCall): Answer {
  const { world } = guildOf(call);
  const found = world.users.get(call.param('user_id'));
  if (found === undefined) throw apiError('unknownMember');
  return ok(memberWithUserJson(world, found));
}

function channel({ host, param }: ApiCall): Answer {
  const found = requireChannel(host.world, param('channel_id'));
  requirePermissions(found);
  return ok(channelJson(host.world, found));
}
