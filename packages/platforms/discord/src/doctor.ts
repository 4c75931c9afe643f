import type { DoctorLook, Finding } from '@bridge/core';
import { z } from 'zod';
import { channelFindings } from './doctor-channel.ts';
import { type DoctorDeps, troubled } from './doctor-deps.ts';
import { snowflake } from './payload.ts';
import type { GuildRights } from './permissions.ts';

const portal = 'https://discord.com/developers/applications → your application';
const userSchema = z.object({ id: snowflake, username: z.string().catch('?') });
const applicationSchema = z.object({ id: snowflake, flags: z.number().catch(0), verify_key: z.string().catch('') });
const sessionsSchema = z.object({ session_start_limit: z.object({ total: z.number(), remaining: z.number(), reset_after: z.number() }) });

/** GATEWAY_MESSAGE_CONTENT and the same for small applications. Source: API reference, "Application Flags". */
const readsContent = (1 << 18) | (1 << 19);
/** A restart costs one; fewer are left only where the gateway is restarted again and again. */
const fewSessions = 50;

/** Looks at the token, the application, the gateway's budget and each bridged channel. Never throws. */
export async function* doctor(deps: DoctorDeps, { conversations, signal }: DoctorLook): AsyncGenerator<Finding> {
  const bot = yield* lookAtToken(deps, signal);
  if (bot === undefined) return;
  yield* lookAtApplication(deps, signal);
  yield* lookAtSessions(deps, signal);
  const servers = new Map<string, GuildRights>();
  for (const conversation of conversations) yield* channelFindings(deps, { conversation, bot, servers, signal });
}

async function* lookAtToken({ api }: DoctorDeps, signal: AbortSignal): AsyncGenerator<Finding, string | undefined> {
  try {
    const { id, username } = userSchema.parse(await api.call({ method: 'GET', path: '/users/@me' }, signal));
    yield { check: 'token', status: 'pass', detail: `Discord knows the bot as ${username} (${id}).` };
    return id;
  } catch (error) {
    yield troubled('token', error, 'Check DISCORD_BOT_TOKEN, DISCORD_API_URL and the network.');
    return undefined;
  }
}

async function* lookAtApplication(deps: DoctorDeps, signal: AbortSignal): AsyncGenerator<Finding> {
  const { api, applicationId, publicKey } = deps;
  try {
    const { id, flags, verify_key: key } = applicationSchema.parse(await api.call({ method: 'GET', path: '/applications/@me' }, signal));
    const intent = (flags & readsContent) !== 0;
    yield intent
      ? { check: 'intents', status: 'pass', detail: 'The bot may read messages.' }
      : {
          check: 'intents',
          status: 'fail',
          detail: 'The bot may not read what people write.',
          fix: `Run \`bridge setup discord\`, or switch "Message Content Intent" on: ${portal} → Bot → Privileged Gateway Intents.`,
        };
    if (applicationId !== undefined && applicationId !== id)
      yield {
        check: 'application',
        status: 'fail',
        detail: `DISCORD_APPLICATION_ID is ${applicationId}, and the token is of ${id}; the bridge would take its own messages for somebody's.`,
        fix: `Set DISCORD_APPLICATION_ID=${id}, or leave it out.`,
      };
    if (publicKey !== undefined && publicKey.toLowerCase() !== key.toLowerCase())
      yield {
        check: 'public-key',
        status: 'warn',
        detail:
          'DISCORD_PUBLIC_KEY is not the one of this application, so commands at POST /discord are refused; messages are not affected.',
        fix: `Copy it from ${portal} → General Information → Public Key, or leave it out.`,
      };
  } catch (error) {
    yield troubled('application', error, 'Run the doctor again in a minute.');
  }
}

async function* lookAtSessions({ api }: DoctorDeps, signal: AbortSignal): AsyncGenerator<Finding> {
  try {
    const { session_start_limit: left } = sessionsSchema.parse(await api.call({ method: 'GET', path: '/gateway/bot' }, signal));
    const detail = `${left.remaining} of ${left.total} new sessions are left for the next ${Math.ceil(left.reset_after / 3_600_000)} h.`;
    if (left.remaining >= Math.min(fewSessions, left.total)) yield { check: 'sessions', status: 'pass', detail };
    else
      yield {
        check: 'sessions',
        status: 'warn',
        detail: `${detail} At none Discord resets the token.`,
        fix: 'Find out what restarts the gateway role again and again, or uses the same token elsewhere.',
      };
  } catch (error) {
    yield troubled('sessions', error, 'Run the doctor again in a minute.');
  }
}
