import { PermissionFlagsBits } from 'discord-api-types/v10';
import { z } from 'zod';
import { snowflake } from './payload.ts';
import type { Api } from './rest.ts';

/** A permission by its name in Discord's apps, and what fails without it. */
export interface Need {
  readonly name: string;
  readonly bit: bigint;
  /** Without it nothing works. */
  readonly vital: boolean;
  readonly without: string;
}

const need = (name: string, bit: bigint, without: string): Need => ({ name, bit, vital: false, without });
const vital = (name: string, bit: bigint, without: string): Need => ({ ...need(name, bit, without), vital: true });
const flags = PermissionFlagsBits;

/** What the bot needs in every bridged channel. */
export const needsOf = (mode: 'puppets' | 'single'): readonly Need[] => [
  vital('View Channel', flags.ViewChannel, 'nothing is read or written'),
  mode === 'puppets'
    ? vital('Manage Webhooks', flags.ManageWebhooks, 'nobody can be shown with name and picture (or set DISCORD_SENDER_MODE=single)')
    : vital('Send Messages', flags.SendMessages, 'nothing is written'),
  need('Read Message History', flags.ReadMessageHistory, 'a message whose answer was lost may be sent twice, and files cannot be fetched'),
  need('Send Messages in Threads', flags.SendMessagesInThreads, 'nothing is written in threads'),
  need('Create Public Threads', flags.CreatePublicThreads, 'threads of other platforms cannot be continued here'),
  need('Attach Files', flags.AttachFiles, 'files are not shown'),
  need('Embed Links', flags.EmbedLinks, 'links have no preview'),
  need('Add Reactions', flags.AddReactions, 'reactions are not shown'),
  need('Manage Messages', flags.ManageMessages, "messages of people cannot be deleted, and slow mode holds the bot's up"),
];

/** All of `needsOf` for an invitation, as Discord's fields have it. */
export const invitePermissions = (mode: 'puppets' | 'single'): string =>
  [...needsOf(mode), ...needsOf('single')].reduce((bits, { bit }) => bits | bit, 0n).toString();

const bits = z
  .string()
  .regex(/^\d{1,30}$/)
  .transform(BigInt)
  .catch(0n);
const roleSchema = z.object({ id: snowflake, permissions: bits });
const memberSchema = z.object({ roles: z.array(z.string()).catch([]) });
const overwriteSchema = z.object({ id: snowflake, type: z.number(), allow: bits, deny: bits });
type Overwrite = z.infer<typeof overwriteSchema>;

/** Whom the permissions are of. */
export interface Subject {
  readonly guild: string;
  readonly bot: string;
}

/** The permissions of the bot in one server, to be narrowed by each channel. */
export interface GuildRights {
  readonly base: bigint;
  readonly roles: readonly string[];
}

/** @throws what a call throws. */
export async function guildRights(api: Api, { guild, bot }: Subject, signal: AbortSignal): Promise<GuildRights> {
  const roles = listOf(roleSchema, await api.call({ method: 'GET', path: `/guilds/${guild}/roles` }, signal));
  const member = memberSchema.parse(await api.call({ method: 'GET', path: `/guilds/${guild}/members/${bot}` }, signal));
  const mine = roles.filter(({ id }) => id === guild || member.roles.includes(id));
  return { base: mine.reduce((all, { permissions }) => all | permissions, 0n), roles: member.roles };
}

/** What the bot may do in a channel. Source: API reference, "Permission Overwrites". */
export function rightsIn(overwrites: unknown, { base, roles }: GuildRights, { guild, bot }: Subject): bigint {
  if ((base & flags.Administrator) !== 0n) return ~0n;
  const all = listOf(overwriteSchema, overwrites);
  const everyone = all.filter(({ id }) => id === guild);
  const own = all.filter(({ id, type }) => type === 0 && id !== guild && roles.includes(id));
  const personal = all.filter(({ id, type }) => type === 1 && id === bot);
  return [everyone, own, personal].reduce(applied, base);
}

const applied = (rights: bigint, overwrites: readonly Overwrite[]): bigint => {
  const denied = overwrites.reduce((sum, { deny }) => sum | deny, 0n);
  return (rights & ~denied) | overwrites.reduce((sum, { allow }) => sum | allow, 0n);
};

function listOf<T>(schema: z.ZodType<T>, value: unknown): readonly T[] {
  return Array.isArray(value) ? value.flatMap((one) => schema.safeParse(one).data ?? []) : [];
}
