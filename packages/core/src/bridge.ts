import { z } from 'zod';
import type { ConversationId, PlatformId } from './ids.ts';
import { type ContentKind, contentKinds } from './kinds.ts';

/** Which way a member takes part: `in` only brings messages into the bridge, `out` only receives them. */
export type Direction = 'both' | 'in' | 'out';

/** One option of a bridge or a member. Data: from it come parsing, the JSON schema, the example and the documentation. */
export interface OptionField<T = unknown> {
  readonly schema: z.ZodType<T>;
  readonly default: T;
  /** What it does, as a clause after the option's name. */
  readonly describe: string;
  /** What its value has to be, behind "must be". */
  readonly wants: string;
  /** The only words that may stand in its list. */
  readonly words?: readonly string[];
}

const option = <T>(field: OptionField<T>): OptionField<T> => field;
const flag = (otherwise: boolean, describe: string): OptionField<boolean> =>
  option({ schema: z.boolean(), default: otherwise, describe, wants: 'true or false' });
const words = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}]*$/u);
const lines = (describe: string): OptionField<readonly string[]> =>
  option({
    schema: z.array(words(200).min(1)).max(200).readonly(),
    default: [],
    describe,
    wants: 'a list of texts, such as ["one", "two"]',
  });
const count = (max: number) => z.number().int().min(0).max(max);

/**
 * What a bridge's `options:` may hold, and a member's: a member's own go before the bridge's, for what it brings
 * (filters) and for what it receives (how it looks there). For what is carried at all, both rooms must allow it.
 */
export const optionFields = {
  edits: flag(true, 'an edited message is edited everywhere'),
  deletes: flag(true, 'a deleted message is deleted everywhere'),
  reactions: flag(true, 'reactions are carried over'),
  attachments: flag(true, 'files, images, voice messages and so on are carried over'),
  threads: flag(true, 'what is written in a thread goes into the same thread elsewhere; false makes it an ordinary message'),
  joins: flag(false, 'who joins and leaves is told'),
  notices: flag(true, 'calls, pinned messages, new titles and the like are told'),
  typing: flag(false, 'that somebody writes just now is shown, from Discord to Telegram and to Discord; both rooms must have it on'),
  ignoreBots: flag(false, 'what other bots write is not carried'),
  ignoreUsers: lines('people whose messages are not carried, by user name, shown name or id, whole and in any case'),
  ignoreMessages: lines('patterns (RE2 syntax); a message that one of them finds something in is not carried'),
  ignoreKinds: option<readonly ContentKind[]>({
    schema: z.array(z.enum(contentKinds)).max(contentKinds.length).readonly(),
    default: [],
    describe: `kinds of message that are not carried: ${contentKinds.join(', ')}; all but forward concern a message that is nothing else, so text beside an embed is carried with it`,
    wants: 'a list of kinds, such as ["forward", "poll"]',
    words: contentKinds,
  }),
  nameTemplate: option({
    schema: words(100).regex(/\{(?:name|username)\}/),
    default: '{name} ({platform})',
    describe: 'how an author is named elsewhere: {name}, {username}, {platform} and {bridge} are filled in',
    wants: 'text with {name} or {username} in it, such as "{name} ({platform})"',
  }),
  editSuffix: option({
    schema: words(40),
    default: '',
    describe: 'what stands behind the text of an edited message, such as " (edited)"',
    wants: 'text of at most 40 characters',
  }),
  quoteLength: option({
    schema: count(1_000),
    default: 120,
    describe: 'how many characters of the message replied to are quoted where a reply cannot point at it; 0 quotes nothing',
    wants: 'a whole number from 0 to 1000',
  }),
  linkPreviews: flag(true, 'links in bridged messages may show a preview'),
  maxFileMegabytes: option({
    schema: count(10_000),
    default: 0,
    describe: 'larger files are told in words, with a link where there is one; 0 leaves it to what each platform takes',
    wants: 'a whole number of megabytes, 0 to 10000',
  }),
} as const;

export type BridgeOptions = {
  readonly [K in keyof typeof optionFields]: (typeof optionFields)[K] extends OptionField<infer T> ? T : never;
};

export const defaultBridgeOptions: BridgeOptions = {
  edits: optionFields.edits.default,
  deletes: optionFields.deletes.default,
  reactions: optionFields.reactions.default,
  attachments: optionFields.attachments.default,
  threads: optionFields.threads.default,
  joins: optionFields.joins.default,
  notices: optionFields.notices.default,
  typing: optionFields.typing.default,
  ignoreBots: optionFields.ignoreBots.default,
  ignoreUsers: optionFields.ignoreUsers.default,
  ignoreMessages: optionFields.ignoreMessages.default,
  ignoreKinds: optionFields.ignoreKinds.default,
  nameTemplate: optionFields.nameTemplate.default,
  editSuffix: optionFields.editSuffix.default,
  quoteLength: optionFields.quoteLength.default,
  linkPreviews: optionFields.linkPreviews.default,
  maxFileMegabytes: optionFields.maxFileMegabytes.default,
};

export interface BridgeMember {
  readonly platform: PlatformId;
  readonly conversation: ConversationId;
  readonly direction: Direction;
  /** Go before those of the bridge. */
  readonly options?: Partial<BridgeOptions>;
}

export interface Bridge {
  readonly name: string;
  readonly enabled: boolean;
  readonly members: readonly BridgeMember[];
  readonly options: BridgeOptions;
}

/** How a delivery is to look at its target; travels with it, where it is not the default. */
export const showSchema = z.object({
  nameTemplate: optionFields.nameTemplate.schema.exactOptional(),
  editSuffix: optionFields.editSuffix.schema.exactOptional(),
  quoteLength: optionFields.quoteLength.schema.exactOptional(),
  linkPreviews: optionFields.linkPreviews.schema.exactOptional(),
  maxFileMegabytes: optionFields.maxFileMegabytes.schema.exactOptional(),
});
export type Show = z.infer<typeof showSchema>;

/** What of a target's options concerns how it looks there; undefined where all is as usual. */
export function showOf(options: BridgeOptions): Show | undefined {
  const { nameTemplate, editSuffix, quoteLength, linkPreviews, maxFileMegabytes } = options;
  const usual = defaultBridgeOptions;
  const show: Show = {
    ...(nameTemplate === usual.nameTemplate ? {} : { nameTemplate }),
    ...(editSuffix === usual.editSuffix ? {} : { editSuffix }),
    ...(quoteLength === usual.quoteLength ? {} : { quoteLength }),
    ...(linkPreviews === usual.linkPreviews ? {} : { linkPreviews }),
    ...(maxFileMegabytes === usual.maxFileMegabytes ? {} : { maxFileMegabytes }),
  };
  return Object.keys(show).length === 0 ? undefined : show;
}
