import type { ConversationId, Finding } from '@bridge/core';
import { z } from 'zod';
import { type DoctorDeps, troubled } from './doctor-deps.ts';
import { type GuildRights, guildRights, needsOf, rightsIn } from './permissions.ts';
import { snowflake } from './payload.ts';
import { oursOf, webhookTitle } from './webhooks.ts';

/** One channel to be looked at. */
export interface ChannelLook {
  readonly conversation: ConversationId;
  /** The bot's user id. */
  readonly bot: string;
  /** What is known of servers by now; grows. */
  readonly servers: Map<string, GuildRights>;
  readonly signal: AbortSignal;
}

const channelSchema = z.object({
  id: snowflake,
  name: z.string().catch('?'),
  type: z.number().catch(0),
  guild_id: snowflake.optional().catch(undefined),
  parent_id: snowflake.nullish().catch(undefined),
  permission_overwrites: z.unknown().optional(),
  thread_metadata: z
    .object({ locked: z.boolean().catch(false) })
    .optional()
    .catch(undefined),
});
type Channel = z.infer<typeof channelSchema>;

const threadTypes: ReadonlySet<number> = new Set([10, 11, 12]);
/** Text, news, voice and stage channels have text; forums and categories have none. Source: API reference, "Channel Types". */
const textTypes: ReadonlySet<number> = new Set([0, 2, 5, 13, ...threadTypes]);
const maxWebhooks = 15;

/** Whether a bridged channel is there, is one for text, and lets the bot do what it has to. */
export async function* channelFindings(deps: DoctorDeps, look: ChannelLook): AsyncGenerator<Finding> {
  const check = `channel ${look.conversation}`;
  try {
    const channel = await get(deps, look.conversation, look.signal);
    const { guild_id: guild, name } = channel;
    if (guild === undefined || !textTypes.has(channel.type)) {
      const fix = 'Bridge a text channel, or a thread or post by its own id.';
      yield { check, status: 'fail', detail: `${name} is not a channel of a server that takes messages.`, fix };
      return;
    }
    const base = threadTypes.has(channel.type) && channel.parent_id ? await get(deps, channel.parent_id, look.signal) : channel;
    const troubles = [...(await missing(deps, { base, guild }, look)), ...locked(channel), ...(await webhooks(deps, base, look))];
    for (const trouble of troubles) yield { check, ...trouble, detail: `#${name}: ${trouble.detail}` };
    if (troubles.length === 0) yield { check, status: 'pass', detail: `#${name} can be read and written.` };
  } catch (error) {
    yield troubled(
      check,
      error,
      'Check `channel` in bridges.yaml, and that the bot is in the server: `bridge setup discord` prints the invitation.',
    );
  }
}

type Trouble = Omit<Finding, 'check'>;

const get = async ({ api }: DoctorDeps, id: string, signal: AbortSignal): Promise<Channel> =>
  channelSchema.parse(await api.call({ method: 'GET', path: `/channels/${id}` }, signal));

async function missing(
  { api, mode }: DoctorDeps,
  { base, guild }: { readonly base: Channel; readonly guild: string },
  { bot, servers, signal }: ChannelLook,
): Promise<readonly Trouble[]> {
  const subject = { guild, bot };
  const server = servers.get(guild) ?? (await guildRights(api, subject, signal));
  servers.set(guild, server);
  const rights = rightsIn(base.permission_overwrites, server, subject);
  return needsOf(mode)
    .filter(({ bit }) => (rights & bit) === 0n)
    .map(({ name, vital, without }) => ({
      status: vital ? 'fail' : 'warn',
      detail: `the bot lacks the permission ${name}: ${without}.`,
      fix: `Give it: channel #${base.name} → Edit Channel → Permissions → the bot's role → ${name}.`,
    }));
}

function locked({ thread_metadata: thread }: Channel): readonly Trouble[] {
  if (thread?.locked !== true) return [];
  return [{ status: 'fail', detail: 'the thread is locked.', fix: 'Unlock it, or give the bot the permission Manage Threads.' }];
}

async function webhooks(
  { api, mode, applicationId }: DoctorDeps,
  { id }: Channel,
  { signal, bot }: ChannelLook,
): Promise<readonly Trouble[]> {
  if (mode === 'single') return [];
  // Where they may not be seen, the missing permission was told already.
  const listed = await api.call({ method: 'GET', path: `/channels/${id}/webhooks` }, signal).catch(() => []);
  const full = Array.isArray(listed) && listed.length >= maxWebhooks && oursOf(listed, applicationId ?? bot).length === 0;
  if (!full) return [];
  return [
    {
      status: 'fail',
      detail: `it has ${maxWebhooks} webhooks, so the bridge cannot add its own (“${webhookTitle}”).`,
      fix: 'Remove one: Edit Channel → Integrations → Webhooks. Or set DISCORD_SENDER_MODE=single.',
    },
  ];
}
