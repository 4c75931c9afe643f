import { type DeliveryError, everyKind, type FileLimits } from '@bridge/core';
import { z } from 'zod';
import { capabilities } from './capabilities.ts';
import { toDeliveryError } from './failures.ts';
import type { Api } from './rest.ts';
import { remember } from './rooms.ts';

/** How large files may be in a server. */
export interface Boosts {
  /** @throws {DeliveryError} where Discord does not tell now. */
  limitsOf(guild: string, signal: AbortSignal): Promise<FileLimits>;
}

const mebibyte = 1 << 20;
/**
 * Largest file by the server's `premium_tier`, bytes; below, boosts change nothing. Bots and webhooks have it like everybody.
 * Source: API reference, "Uploading Files", and Discord's Server Boosting FAQ.
 */
const byTier: Readonly<Record<number, number>> = { 2: 50 * mebibyte, 3: 100 * mebibyte };
/** Boosts come and go by the month. */
const keptForMs = 3_600_000;

const guildSchema = z.object({ premium_tier: z.number().catch(0) });

/** Asks Discord for a server's tier, once an hour. */
export function createBoosts(api: Api, now: () => number = Date.now): Boosts {
  const asked = new Map<string, Promise<{ readonly limits: FileLimits; readonly until: number }>>();
  const ask = async (guild: string, signal: AbortSignal) => {
    const tier = await tierOf(api, guild, signal);
    return { limits: limitsFor(tier), until: now() + keptForMs };
  };
  return {
    async limitsOf(guild, signal) {
      const { limits, until } = await remember(asked, guild, async () => ask(guild, signal));
      if (until > now()) return limits;
      asked.delete(guild);
      return (await remember(asked, guild, async () => ask(guild, signal))).limits;
    },
  };
}

function limitsFor(tier: number): FileLimits {
  const { maxBytes, maxBytesPerMessage } = capabilities.files;
  const most = byTier[tier];
  if (most !== undefined) return { maxBytes: everyKind(most), maxBytesPerMessage: most };
  return { maxBytes, ...(maxBytesPerMessage === undefined ? {} : { maxBytesPerMessage }) };
}

async function tierOf(api: Api, guild: string, signal: AbortSignal): Promise<number> {
  try {
    return guildSchema.parse(await api.call({ method: 'GET', path: `/guilds/${guild}` }, signal)).premium_tier;
  } catch (error) {
    const told = asError(error, signal);
    // What is not shown to the bot is taken as not there; a file that is too large after all is told in words.
    if (told.failure.kind === 'permanent') return 0;
    throw told;
  }
}

function asError(error: unknown, { aborted }: AbortSignal): DeliveryError {
  return toDeliveryError(error, { effect: 'repeatable', permission: 'View Channel', aborted });
}
