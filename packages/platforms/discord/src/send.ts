import { type Command, type DeliveryError, type FileLimits, MediaError, type RateLimit, type Receipt, type Sender } from '@bridge/core';
import type { Identity } from './config.ts';
import { type Boosts, createBoosts } from './boosts.ts';
import { capabilities } from './capabilities.ts';
import { BotCourier, type CourierDeps, channelKey } from './courier.ts';
import { type Settle, settleAWhile } from './earlier.ts';
import { toDeliveryError } from './failures.ts';
import type { FailureContext } from './failures.ts';
import { measure } from './outgoing.ts';
import { snowflake } from './payload.ts';
import { PuppetCourier } from './puppets.ts';
import type { Api } from './rest.ts';
import { type Rooms, createRooms, linkOf, readMessageId } from './rooms.ts';
import { type Targets, createTargets, notOurs } from './targets.ts';
import { createThreads } from './threads.ts';
import { createWebhooks } from './webhooks.ts';

/** What the sender is made of. */
export interface SenderDeps {
  readonly api: Api;
  readonly identity: Identity;
  readonly mode: 'puppets' | 'single';
  /** The wait before an attempt whose answer was lost is looked for once more; a second and a half where absent. */
  readonly settle?: Settle;
}

/** The sender: puppets through webhooks, or the bot alone. One attempt for each command. */
export function createSender({ api, identity, mode, settle = settleAWhile }: SenderDeps): Sender {
  const rooms = createRooms(api);
  const deps: CourierDeps = { api, identity, targets: calmly(createTargets(rooms, createThreads(api))), settle };
  const boosts = createBoosts(api);
  const courier = mode === 'puppets' ? new PuppetCourier(deps, createWebhooks(api, identity.applicationId)) : new BotCourier(deps);
  return {
    deliver: async (command, signal) => {
      try {
        checkIds(command);
        return await deliver(courier, command, signal);
      } catch (error) {
        if (error instanceof MediaError) throw error;
        throw tooLarge(toDeliveryError(error, contextOf(command, { mode, aborted: signal.aborted })), command);
      }
    },
    measure,
    impersonates: () => mode === 'puppets',
    // Webhooks cannot reply.
    replies: () => mode === 'single',
    fileLimits: async (conversation, signal) => limitsIn({ rooms, boosts }, conversation, signal),
    limits: (conversation) => limitsOf(rooms.known(conversation)?.parent ?? conversation, api.direct),
    linkTo: (conversation, message) => linkTo(rooms, conversation, message),
    // Bot and puppets alike: a webhook cannot show that it writes.
    showTyping: async (conversation, signal) => {
      if (snowflake.safeParse(conversation).success) await api.call({ method: 'POST', path: `/channels/${conversation}/typing` }, signal);
    },
    close: async () => Promise.resolve(api.close()),
  };
}

/** A message's server decides; a conversation of two has none. */
async function limitsIn(
  { rooms, boosts }: { rooms: Rooms; boosts: Boosts },
  conversation: string,
  signal: AbortSignal,
): Promise<FileLimits> {
  try {
    const { guild } = await rooms.of(conversation, signal);
    return guild === undefined ? capabilities.files : await boosts.limitsOf(guild, signal);
  } catch (error) {
    throw toDeliveryError(error, { effect: 'repeatable', permission: 'View Channel', aborted: signal.aborted });
  }
}

/** Discord's codes for files that are too large. Source: API reference, "Opcodes and Status Codes". */
const tooLargeCodes: ReadonlySet<string> = new Set(['40005', '50045']);

/**
 * Files may be larger than a server takes, which only its refusal tells for certain: then the last of them is told in words, by
 * a new plan of the core's, so that nobody has to look after it.
 */
function tooLarge(error: DeliveryError, command: Command): DeliveryError | MediaError {
  const { code, status } = error.answer;
  const refused = tooLargeCodes.has(code ?? '') || status === 413;
  const fits = command.type !== 'send' || command.files.length === 0 || !refused;
  return fits ? error : new MediaError('Discord, or a proxy before it, takes nothing this large.', 'too-large');
}

/**
 * The one rate that Discord tells beforehand is that of the bot: 50 calls in any second, kept to with some to spare. Those of
 * channels and webhooks come with the answers, which then say that the channel's key is used up; till then it bounds nothing.
 * Source: API reference, "Rate Limits".
 */
function limitsOf(channel: string, direct: boolean): readonly RateLimit[] {
  const own: RateLimit = { key: channelKey(channel), count: 1_000, perMs: 1_000, burst: 1_000 };
  return direct ? [{ key: 'bot', count: 40, perMs: 1_000, burst: 10 }, own] : [own];
}

function linkTo(rooms: Rooms, conversation: string, message: string): string | undefined {
  const place = readMessageId(message);
  // Without its server a link leads nowhere; it is known from the first message on.
  const guild = rooms.known(conversation)?.guild;
  return place === undefined || guild === undefined ? undefined : linkOf(guild, place.thread ?? conversation, place.id);
}

async function deliver(courier: BotCourier, command: Command, signal: AbortSignal): Promise<Receipt> {
  switch (command.type) {
    case 'send':
      return courier.send(command, signal);
    case 'edit':
      return courier.edit(command, signal);
    case 'delete':
      return courier.delete(command, signal);
    case 'react':
      return courier.react(command, signal);
  }
}

/** Ids go into paths, and the client's rate-limit code relies on their form. */
function checkIds(command: Command): void {
  const messages = command.type === 'send' ? [command.replyTo, command.thread] : [command.message];
  const fine = messages.every((message) => message === undefined || readMessageId(message) !== undefined);
  if (!fine || !snowflake.safeParse(command.conversation).success) throw notOurs();
}

/** To find out where something goes may be repeated freely, whatever the command is. */
function calmly({ forSend, ofMessage }: Targets): Targets {
  const permission = 'View Channel, Read Message History, Create Public Threads';
  const calm = async <T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw toDeliveryError(error, { effect: 'repeatable', permission, aborted: signal.aborted });
    }
  };
  return {
    forSend: async (command, signal) => calm(signal, async () => forSend(command, signal)),
    ofMessage: async (command, signal) => calm(signal, async () => ofMessage(command, signal)),
  };
}

function contextOf(command: Command, { mode, aborted }: { readonly mode: SenderDeps['mode']; readonly aborted: boolean }): FailureContext {
  const sending = 'View Channel, Send Messages, Send Messages in Threads, Attach Files';
  const permissions: Readonly<Record<Command['type'], string>> = {
    send: sending,
    edit: sending,
    delete: 'Manage Messages',
    react: 'Add Reactions, Read Message History',
  };
  const permission =
    mode === 'puppets' && command.type !== 'react' ? `Manage Webhooks, ${permissions[command.type]}` : permissions[command.type];
  // The nonce keeps a bot's own message from being posted twice, but only for minutes, so this one is a post too.
  return { effect: command.type === 'send' ? 'post' : 'repeatable', permission, aborted };
}
