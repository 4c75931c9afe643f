import type { Finding } from '@bridge/core';
import { z } from 'zod';
import { toDeliveryError } from './failures.ts';
import type { Api } from './rest.ts';

/** What is looked at. */
export interface DoctorDeps {
  readonly api: Api;
  readonly mode: 'puppets' | 'single';
  readonly applicationId: string | undefined;
  readonly publicKey: string | undefined;
}

/** What Discord said instead of an answer. */
export function troubled(check: string, error: unknown, fix: string): Finding {
  if (error instanceof z.ZodError)
    return { check, status: 'fail', detail: 'What answers is not the API of Discord.', fix: 'Check DISCORD_API_URL.' };
  const { message } = toDeliveryError(error, { effect: 'repeatable', permission: 'View Channel', aborted: false });
  return { check, status: 'fail', detail: message, fix };
}
