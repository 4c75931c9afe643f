import type { Answer } from '../shared/answer.ts';
import { apiError } from './api-error.ts';
import type { Form } from './form.ts';
import { channelJson } from './render.ts';
import { type ApiCall, ok, type Route } from './route.ts';
import { permits, requireChannel, requireMessage, requirePermissions } from './world.ts';

const bucket = { name: 'threads', limit: 50, windowMs: 300_000 };

/** Threads of text channels. */
export const threadRoutes: readonly Route[] = [
  { method: 'POST', path: '/channels/:channel_id/messages/:message_id/threads', bucket, run: fromMessage },
  { method: 'POST', path: '/channels/:channel_id/threads', bucket, run: alone },
  { method: 'PATCH', path: '/channels/:channel_id', bucket: { name: 'edit-channel', limit: 5, windowMs: 5_000 }, run: edit },
];

/** The minutes after which a thread may be put away. Source: API reference, "Start Thread from Message". */
const archiveDurations: readonly number[] = [60, 1440, 4320, 10_080];

function readName(body: Form): string {
  const name = body.require('name') ? (body.text('name', { min: 1, max: 100 }) ?? '') : '';
  const minutes = body.integer('auto_archive_duration');
  if (minutes !== undefined && !archiveDurations.includes(minutes))
    body.problem('auto_archive_duration', 'BASE_TYPE_CHOICES', `Value must be one of {${archiveDurations.join(', ')}}.`);
  body.done();
  return name;
}

function fromMessage({ host, param, body }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel, 'CREATE_PUBLIC_THREADS');
  if (channel.parent !== undefined) throw apiError('wrongChannelType');
  const root = requireMessage(host.world, channel, param('message_id'));
  const name = readName(body);
  if (host.world.channels.has(root.id)) throw apiError('threadExists');
  return ok(channelJson(host.world, host.acts.startThread({ channel, name, starter: host.world.bot, root })));
}

function alone({ host, param, body }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel, 'CREATE_PUBLIC_THREADS');
  if (channel.parent !== undefined) throw apiError('wrongChannelType');
  return ok(channelJson(host.world, host.acts.startThread({ channel, name: readName(body), starter: host.world.bot })));
}

/** Of a thread, whether it is put away; there is no more to change here. */
function edit({ host, param, body }: ApiCall): Answer {
  const channel = requireChannel(host.world, param('channel_id'));
  requirePermissions(channel);
  if (channel.parent === undefined && !permits(channel, 'MANAGE_CHANNELS')) throw apiError('missingPermissions');
  const archived = body.boolean('archived');
  body.done();
  if (channel.parent !== undefined && archived !== undefined) {
    if (channel.locked && !permits(channel, 'MANAGE_THREADS')) throw apiError('missingPermissions');
    channel.archived = archived;
    host.acts.channelChanged(channel);
  }
  return ok(channelJson(host.world, channel));
}
