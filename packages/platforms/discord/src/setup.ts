import type { ConversationId, DoctorLook, SetupStep } from '@bridge/core';
import { z } from 'zod';
import type { DoctorDeps } from './doctor-deps.ts';
import { toDeliveryError } from './failures.ts';
import { invitePermissions } from './permissions.ts';
import { snowflake } from './payload.ts';
import { createRooms } from './rooms.ts';
import { createWebhooks } from './webhooks.ts';

const applicationSchema = z.object({ id: snowflake, flags: z.number().catch(0) });
const contentFlag = 1 << 18;
/** The one that an application of fewer than 100 servers may set by itself. Source: API reference, "Edit Current Application". */
const limitedContentFlag = 1 << 19;
const portal = 'https://discord.com/developers/applications → your application → Bot';

/** Switches the intent on, makes the webhooks, and prints the invitation. Never throws. */
export async function* setup(deps: DoctorDeps, { conversations, signal }: DoctorLook): AsyncGenerator<SetupStep> {
  const { api, mode } = deps;
  let application;
  try {
    application = applicationSchema.parse(await api.call({ method: 'GET', path: '/applications/@me' }, signal));
  } catch (error) {
    yield { status: 'failed', say: reason(error) };
    return;
  }
  yield await allowContent(deps, application, signal);
  const { id } = application;
  const invitation = `https://discord.com/oauth2/authorize?client_id=${id}&scope=bot&permissions=${invitePermissions(mode)}`;
  const steps = await prepare(deps, { conversations, applicationId: id, signal });
  const inside = conversations.length > 0 && steps.every(({ status }) => status === 'done');
  yield { status: inside ? 'done' : 'todo', say: inside ? 'The bot is in the server.' : `Invite the bot into your server: ${invitation}` };
  yield* steps;
  if (conversations.length === 0)
    yield {
      status: 'todo',
      say: 'Put the channels into bridges.yaml: right-click a channel → Copy Channel ID (Settings → Advanced → Developer Mode).',
    };
}

async function allowContent({ api }: DoctorDeps, { flags }: z.infer<typeof applicationSchema>, signal: AbortSignal): Promise<SetupStep> {
  if ((flags & (contentFlag | limitedContentFlag)) !== 0) return { status: 'done', say: 'The bot may read messages.' };
  const byHand = `Switch "Message Content Intent" on: ${portal} → Privileged Gateway Intents.`;
  try {
    const body = { flags: flags | limitedContentFlag };
    const changed = applicationSchema.parse(await api.call({ method: 'PATCH', path: '/applications/@me', body }, signal));
    const isOn = (changed.flags & limitedContentFlag) !== 0;
    return isOn ? { status: 'done', say: 'The bot may read messages from now on.' } : { status: 'todo', say: byHand };
  } catch {
    return { status: 'todo', say: byHand };
  }
}

interface Preparing {
  readonly conversations: readonly ConversationId[];
  readonly applicationId: string;
  readonly signal: AbortSignal;
}

/** Each channel is looked up, and given the webhook that shows people with name and picture. */
async function prepare({ api, mode }: DoctorDeps, { conversations, applicationId, signal }: Preparing): Promise<readonly SetupStep[]> {
  const rooms = createRooms(api);
  const webhooks = createWebhooks(api, applicationId);
  const steps: SetupStep[] = [];
  for (const conversation of conversations) {
    try {
      const room = await rooms.of(conversation, signal);
      if (mode === 'puppets') await webhooks.of(room.parent ?? room.id, signal);
      steps.push({ status: 'done', say: `Channel ${conversation} is ready${mode === 'puppets' ? ', and has its webhook' : ''}.` });
    } catch (error) {
      steps.push({ status: 'failed', say: `Channel ${conversation}: ${reason(error)}` });
    }
  }
  return steps;
}

const reason = (error: unknown): string =>
  error instanceof z.ZodError
    ? 'What answers is not the API of Discord. Check DISCORD_API_URL.'
    : toDeliveryError(error, { effect: 'repeatable', permission: 'View Channel, Manage Webhooks', aborted: false }).message;
