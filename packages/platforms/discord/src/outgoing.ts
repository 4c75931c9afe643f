import type { Command, OutgoingFile } from '@bridge/core';
import { isBlank } from '@bridge/core';
import { escapeText } from './escape.ts';
import { markLength, marked, markOf } from './marks.ts';
import { Multipart } from './multipart.ts';
import { renderBody } from './render.ts';
import type { Body } from '@bridge/core';

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>;

/** Nobody is pinged by what people elsewhere write. */
const allowedMentions = { allowed_mentions: { parse: [] } };
/** SUPPRESS_EMBEDS. Source: API reference, "Message Flags". */
const suppressEmbeds = 1 << 2;
/** Source: API reference, "Attachment Object". */
const maxDescription = 1024;

/** The length that Discord counts: UTF-16 units of what is sent, the mark included. */
export function measure(body: Body): number {
  const { length } = renderBody(body);
  return length === 0 ? 0 : length + markLength;
}

/** A new message's body as Discord takes it: JSON, or a form where files go with it. `more` goes into the JSON. */
export function sendBody(command: Of<'send'>, more: object): object {
  const { files } = command;
  const payload = { content: marked(wordsOf(command), markOf(command)), ...more, ...previews(command), ...allowedMentions };
  if (files.length === 0) return payload;
  const attachments = files.map(({ name, alt }, id) => ({
    id,
    filename: name,
    ...(alt === undefined || alt.trim() === '' ? {} : { description: alt.slice(0, maxDescription).toWellFormed() }),
  }));
  return new Multipart({ payload: { ...payload, attachments }, files });
}

/** What an edit changes. Files that are not named stay. */
export const editBody = (command: Of<'edit'>): object => ({
  content: marked(renderBody(command.body), markOf(command)),
  ...previews(command),
  ...allowedMentions,
});

const previews = ({ linkPreviews }: Of<'send'> | Of<'edit'>): object => (linkPreviews === false ? { flags: suppressEmbeds } : {});

/** A sticker that Discord shows as a video or a file goes with the emoji that it stands for. */
function wordsOf({ body, files }: Of<'send'>): string {
  const emoji = escapeText(files.flatMap((file) => (isNoPicture(file) ? (file.alt ?? []) : [])).join(' '));
  const words = isBlank(body) ? '' : renderBody(body);
  return [words, emoji].filter((part) => part !== '').join('\n');
}

const isNoPicture = ({ kind, mime }: OutgoingFile): boolean => kind === 'sticker' && !mime.startsWith('image/');
