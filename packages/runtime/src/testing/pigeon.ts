import {
  type BridgeEvent,
  type Capabilities,
  type CatchUp,
  type Command,
  type FileLimits,
  type Parsed,
  type Platform,
  type PlatformInstance,
  type RateLimit,
  type RawEvent,
  type Receipt,
  type Received,
  type StreamSource,
  conversationId,
  definePlatform,
  eventSchema,
  isJson,
  messageId,
  paragraphs,
  plainText,
  platformId,
} from '@bridge/core';
import { z } from 'zod';
import type { ActivePlatform } from '../role.ts';
import { fullCapabilities } from './capabilities.ts';

/** What a test decides about a made-up platform; everything has an answer of its own. */
export interface PigeonOptions {
  readonly id?: string;
  readonly capabilities?: Partial<Capabilities>;
  /** Longest message; 100 by default. */
  readonly maxLength?: number;
  readonly impersonates?: boolean;
  limits?(conversation: string): readonly RateLimit[];
  fileLimits?(conversation: string): Promise<FileLimits>;
  deliver?(command: Command, signal: AbortSignal): Promise<Receipt>;
  parse?(event: RawEvent): Parsed;
  receive?(json: unknown): Received;
  measure?(text: string): number;
  register?(publicUrl: URL): Promise<void>;
  openMedia?: PlatformInstance['openMedia'];
  readonly stream?: StreamSource;
  readonly catchUp?: CatchUp;
  readonly reactionsBy?: Capabilities['reactionsBy'];
  showTyping?(conversation: string): Promise<void>;
  /** False for a platform whose messages come over its stream alone. */
  readonly webhook?: boolean;
}

/** The secret that a pigeon's webhook wants in `x-ring`. */
export const ring = 'ring-of-the-pigeon';

/** An event as a pigeon brings it: its own JSON is the standard message already. */
export function pigeonEvent(change: object = {}): BridgeEvent {
  const text = 'content' in change ? '' : 'hello';
  return eventSchema.parse({
    v: 1,
    type: 'message.created',
    id: 'pigeon_m1',
    source: 'pigeon',
    message: 'm1',
    eventKey: 'k1',
    author: { id: 'ana', name: 'ana', displayName: 'Ana', isBot: false },
    channel: { id: 'loft', name: 'Loft', type: 'group' },
    timestamp: '2025-10-07T16:00:00.000Z',
    platform: {},
    content: { text, attachments: [], metadata: {}, body: paragraphs(text) },
    ...change,
  });
}

const parse = ({ raw }: RawEvent): Parsed => ({ kind: 'events', events: [eventSchema.parse(raw)] });

const receive = (json: unknown): Received => {
  const event = eventSchema.safeParse(json);
  if (!event.success || !isJson(json)) return { ok: false, reason: 'not-a-pigeon' };
  const { eventKey, channel } = event.data;
  return { ok: true, events: [{ eventKey, conversation: channel.id, raw: json }] };
};

function instanceOf(options: PigeonOptions, id: string): PigeonInstance {
  const commands: Command[] = [];
  let messages = 0;
  const deliver = async (command: Command): Promise<Receipt> => {
    messages += 1;
    return { message: command.type === 'send' ? messageId(`${id}${messages}`) : command.message };
  };
  return {
    commands,
    ...(options.webhook === false ? {} : { webhook: webhookOf(options, id) }),
    ...(options.stream === undefined ? {} : { stream: options.stream }),
    ...(options.catchUp === undefined ? {} : { catchUp: options.catchUp }),
    ...(options.register === undefined ? {} : { register: (publicUrl: URL) => options.register?.(publicUrl) ?? Promise.resolve() }),
    ...(options.openMedia === undefined ? {} : { openMedia: options.openMedia }),
    sender: {
      deliver: (command, signal) => {
        commands.push(command);
        return (options.deliver ?? deliver)(command, signal);
      },
      measure: (body) => (options.measure ?? ((text: string) => text.length))(plainText(body)),
      impersonates: () => options.impersonates ?? true,
      limits: (conversation) => options.limits?.(conversation) ?? [],
      ...(options.fileLimits === undefined ? {} : { fileLimits: options.fileLimits }),
      ...(options.reactionsBy === undefined ? {} : { reactionsBy: () => options.reactionsBy ?? 'person' }),
      ...(options.showTyping === undefined ? {} : { showTyping: async (conversation: string) => options.showTyping?.(conversation) }),
      close: () => Promise.resolve(),
    },
    parse: options.parse?.bind(options) ?? parse,
  };
}

function webhookOf(options: PigeonOptions, id: string): NonNullable<PlatformInstance['webhook']> {
  return {
    path: `/${id}`,
    verify: ({ headers }) => (headers['x-ring'] === ring ? { ok: true } : { ok: false, status: 401, reason: 'wrong-ring' }),
    receive: options.receive?.bind(options) ?? receive,
  };
}

/** An instance that remembers what it was told to do. */
export interface PigeonInstance extends PlatformInstance {
  readonly commands: readonly Command[];
}

const upper = (id: string) => id.toUpperCase() as Uppercase<string>;

/** A made-up platform, so that roles are tested without a real one. */
export function createPigeon(
  options: PigeonOptions = {},
): ActivePlatform & { readonly instance: PigeonInstance; readonly platform: Platform } {
  const id = options.id ?? 'pigeon';
  const instance = instanceOf(options, id);
  const platform = definePlatform({
    id: platformId(id),
    displayName: 'Pigeon Post',
    settings: { token: { env: `${upper(id)}_TOKEN`, schema: z.string(), secret: true, required: true, describe: 'Token of the loft.' } },
    member: z.strictObject({ loft: z.string() }),
    memberExample: `{ platform: ${id}, loft: "1" }`,
    conversationOf: ({ loft }) => conversationId(loft),
    capabilities: {
      ...fullCapabilities,
      text: { ...fullCapabilities.text, maxLength: options.maxLength ?? 100 },
      ...options.capabilities,
    },
    create: () => instance,
  });
  return { platform, instance };
}
