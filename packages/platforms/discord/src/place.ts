import { conversationId, eventId, messageId, platformId } from '@bridge/core';
import type { BridgeEvent, Channel, MessageId } from '@bridge/core';
import type { Raw } from './payload.ts';
import { linkOf, writeMessageId } from './rooms.ts';

const discord = platformId('discord');

/** A message's ids as an event of Discord has them. */
export interface Place {
  readonly id: string;
  readonly channel_id: string;
  readonly guild_id?: string | undefined;
}

/** What all events about a message have in common. `at` is when it happened, where Discord tells it. */
export function commonOf(place: Place, { raw, at }: { readonly raw: Raw; readonly at: string | undefined }) {
  const message = messageIn(place.channel_id, place.id, raw);
  return {
    v: 1 as const,
    id: eventId(discord, message),
    source: discord,
    message,
    channel: channelOf(place, raw),
    timestamp: isoTime(at) ?? isoTime(raw.at) ?? snowflakeTime(place.id),
    platform: { messageUrl: linkOf(place.guild_id, place.channel_id, place.id) },
    ...threadOf(place, raw),
  };
}

/** The id of a message of some channel, as this platform mints it: one in a thread names the thread. */
export function messageIn(channel: string, id: string, raw: Raw): MessageId {
  const inThread = raw.channel?.thread === true && ownChannel(raw) === channel;
  return messageId(writeMessageId({ thread: inThread ? channel : undefined, id }));
}

const ownChannel = ({ d }: Raw): string | undefined =>
  typeof d === 'object' && d !== null && 'channel_id' in d && typeof d.channel_id === 'string' ? d.channel_id : undefined;

function channelOf({ channel_id: id }: Place, { channel }: Raw): Channel {
  return {
    id: conversationId(id),
    name: channel?.name ?? id,
    type: channel?.thread === true ? 'thread' : 'channel',
    ...(channel?.parent === undefined ? {} : { parent: conversationId(channel.parent) }),
  };
}

/** A thread has the id of the message that it began with, which is in its channel; that of a forum's post is in the post itself. */
function threadOf({ id, channel_id: thread }: Place, { channel }: Raw): Pick<BridgeEvent, 'thread'> | object {
  if (channel?.parent === undefined) return {};
  if (channel.post !== true) return { thread: { root: messageId(thread), name: channel.name } };
  return id === thread ? {} : { thread: { root: messageId(writeMessageId({ thread, id: thread })), name: channel.name } };
}

function isoTime(value: string | number | undefined): string | undefined {
  if (value === undefined) return undefined;
  const date = new Date(value);
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date.toISOString() : undefined;
}

/** The upper 42 bits of a snowflake are milliseconds since 2015. Source: API reference, "Snowflakes". */
const snowflakeTime = (id: string): string => isoTime(Number((BigInt(id) >> 22n) + 1_420_070_400_000n)) ?? '1970-01-01T00:00:00.000Z';
