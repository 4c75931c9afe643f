import type { Show } from './bridge.ts';
import type { Capabilities } from './capabilities.ts';
import { isShown, type ToldFile } from './degrade.ts';
import type { Attachment } from './message.ts';
import { humanSize } from './words.ts';

/** What is known about the files of one event, beside the event. */
export interface FilesInput {
  readonly capabilities: Capabilities;
  /** A signed link to an attachment by its index; undefined without PUBLIC_URL. */
  linkOf?(index: number): string | undefined;
  /** How the bridge wants it: the largest file. */
  readonly show?: Show;
}

/** Which attachments, by index, go out in one message. */
export type FileGroup = readonly number[];

/** Where each attachment goes: every one is in exactly one of the two, but for those that are not to be told at all. */
export interface PlacedFiles {
  readonly groups: readonly FileGroup[];
  readonly told: readonly ToldFile[];
}

function whyNot(attachment: Attachment, index: number, input: FilesInput): string | undefined {
  const { files } = input.capabilities;
  const { maxFileMegabytes = 0 } = input.show ?? {};
  const limit = Math.min(files.maxBytes[attachment.kind], maxFileMegabytes === 0 ? Number.POSITIVE_INFINITY : maxFileMegabytes * 1_000_000);
  if (attachment.bytes !== undefined && attachment.bytes > limit) return `larger than the ${humanSize(limit)} that can be carried`;
  if (files.how === 'link' && input.linkOf?.(index) === undefined) return 'the bridge has no public address to show files from: PUBLIC_URL';
  return undefined;
}

/** Shares a message with those before it where the platform allows that. */
function addTo(
  groups: number[][],
  index: number,
  { groupOf, max, fit }: { readonly groupOf: (at: number) => string; readonly max: number; fit(group: FileGroup): boolean },
): void {
  const last = groups.at(-1);
  const group = groupOf(index);
  const joins = last !== undefined && group !== '' && last.length < max && groupOf(last[0] ?? 0) === group && fit([...last, index]);
  if (joins) last.push(index);
  else groups.push([index]);
}

/** Of all files of a group. One whose size nobody told may be as large as it is allowed to be. */
const sizeOf = (group: FileGroup, attachments: readonly Attachment[], { maxBytes }: Capabilities['files']): number =>
  group.reduce((sum, at) => sum + (attachments[at]?.bytes ?? maxBytes[attachments[at]?.kind ?? 'file']), 0);

/** Decides for each attachment whether it goes out as a file, and in which message, or is told in words. Pure. */
export function placeFiles(attachments: readonly Attachment[], input: FilesInput): PlacedFiles {
  const groups: number[][] = [];
  const told: ToldFile[] = [];
  const { files } = input.capabilities;
  const sharing = {
    groupOf: (at: number): string => files.groups[attachments[at]?.kind ?? 'file'],
    max: files.maxPerMessage,
    fit: (group: FileGroup): boolean => sizeOf(group, attachments, files) <= (files.maxBytesPerMessage ?? Number.POSITIVE_INFINITY),
  };
  for (const [index, attachment] of attachments.entries()) {
    const support = input.capabilities.attachments[attachment.kind];
    if (support === 'none') continue;
    const link = input.linkOf?.(index);
    const linked = link === undefined ? {} : { link };
    if (!isShown(support)) {
      told.push({ attachment, ...linked });
      continue;
    }
    const note = whyNot(attachment, index, input);
    if (note === undefined) addTo(groups, index, sharing);
    else told.push({ attachment, ...linked, note });
  }
  return { groups, told };
}
