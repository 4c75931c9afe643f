import { type Body, plainText } from '@bridge/core';

/** What CometChat would make a mention of: `<@uid:UID>` and its kin. */
const opener = /<@(?=\w{1,20}:)/g;

/**
 * The body as CometChat takes it: plain text. A mention token that somebody wrote elsewhere is broken by a zero-width
 * space, since it would notify a person whom the author has not mentioned here.
 */
export const render = (body: Body): string => plainText(body).replaceAll(opener, '<\u200B@').toWellFormed();

/** Bytes of the text as JSON writes it, since the limit is on the message's JSON. */
export const measure = (body: Body): number => Buffer.byteLength(JSON.stringify(render(body))) - 2;
