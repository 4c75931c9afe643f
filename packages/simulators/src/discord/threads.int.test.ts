import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectGateway, type DiscordBench, ids, startDiscordBench } from '../testing/discord-client.ts';

let bench: DiscordBench;
beforeEach(async () => void (bench = await startDiscordBench()));
afterEach(() => bench.close());
const png = { kind: 'image', name: 'a b.png', mime: 'image/png', bytes: Buffer.from('0123456789') };
const post = (fields: object = {}) => bench.discord.post({ room: ids.room, author: ids.kai, text: 'hello', ...fields });

describe('threads of messages', () => {
  const start = (message: string, body: object = { name: 'talk' }) =>
    bench.call(`POST /channels/${ids.room}/messages/${message}/threads`, { body });

  it('have the id of the message, are told, and begin with it', async () => {
    const client = await connectGateway(bench.discord);
    client.identify();
    await client.event('GUILD_CREATE');
    const { id } = post();
    const { status, body } = await start(id);
    expect([status, body]).toEqual([200, expect.objectContaining({ id, parent_id: ids.room, type: 11, name: 'talk' })]);
    expect((await client.event('THREAD_CREATE')).d).toMatchObject({ id, newly_created: true });
    expect((await client.event('MESSAGE_UPDATE')).d).toMatchObject({ id, edited_timestamp: null, flags: 32 });
    await client.event('MESSAGE_CREATE');
    expect((await client.event('MESSAGE_CREATE')).d).toMatchObject({ type: 21, channel_id: id, referenced_message: { id } });
    client.socket.close();
  });

  it('count to their channel, as people see it', async () => {
    const { id } = post();
    const said = post({ thread: id, text: 'within' });
    expect(said).toMatchObject({ room: ids.room, thread: id });
    await bench.call(`POST /channels/${id}/messages`, { body: { content: 'by the bot' } });
    expect(bench.discord.messages(ids.room).map(({ text, thread }) => [text, thread])).toEqual([
      ['hello', undefined],
      ['within', id],
      ['by the bot', id],
    ]);
    bench.discord.edit({ room: ids.room, message: said.id, text: 'changed' });
    expect(bench.discord.messages(id).map(({ text }) => text)).toEqual(['changed', 'by the bot']);
  });

  it('are refused where there is one, without a message, a name or the right, and within another', async () => {
    const { id } = post();
    await start(id);
    expect((await start(id)).body.code).toBe(160004);
    expect((await start('1')).body.code).toBe(10008);
    const other = post().id;
    expect((await start(other, {})).body.code).toBe(50035);
    expect((await start(other, { name: 'x', auto_archive_duration: 7 })).body.code).toBe(50035);
    bench.discord.setPermissions(ids.room, { CREATE_PUBLIC_THREADS: false });
    expect((await start(other)).body.code).toBe(50013);
    const within = post({ thread: id }).id;
    expect((await bench.call(`POST /channels/${id}/messages/${within}/threads`, { body: { name: 'x' } })).body.code).toBe(50013);
  });

  it('without a message are announced', async () => {
    const { body } = await bench.call(`POST /channels/${ids.room}/threads`, { body: { name: 'plans', type: 11 } });
    const { messages } = { messages: bench.discord.messages(ids.room) };
    expect(messages).toMatchObject([{ source: { type: 18, content: 'plans' } }]);
    expect((await bench.call(`GET /channels/${ids.room}/messages/${messages[0]?.id}`)).body.message_reference.channel_id).toBe(body.id);
  });

  it('are put away and brought back', async () => {
    const thread = bench.discord.startThread({ room: ids.room, author: ids.kai, name: 'x', message: post().id });
    const { id } = post({ thread });
    bench.discord.archive(thread);
    const edit = () => bench.call(`DELETE /channels/${thread}/messages/${id}`);
    expect((await edit()).body.code).toBe(50083);
    expect((await bench.call(`PATCH /channels/${thread}`, { body: { archived: false } })).body.thread_metadata.archived).toBe(false);
    expect((await edit()).status).toBe(204);
  });
});

describe('files of people', () => {
  it('are one message, kept and served whole or in part', async () => {
    const shown = post({ files: [png, { ...png, kind: 'file', name: 'b.bin', mime: 'application/octet-stream' }] });
    expect(shown.files).toMatchObject([
      { kind: 'image', name: 'a b.png', mime: 'image/png', size: 10, sha256: createHash('sha256').update(png.bytes).digest('hex') },
      { kind: 'file', name: 'b.bin' },
    ]);
    const url = shown.files?.[0]?.url ?? '';
    expect(await (await fetch(url)).text()).toBe('0123456789');
    const part = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect((await fetch(url, { headers: { range: 'bytes=10-' } })).status).toBe(416);
  });

  it('can be made to fail', async () => {
    const url = post({ files: [png] }).files?.[0]?.url ?? '';
    bench.discord.faults.add({ fault: { kind: 'status', status: 503 }, match: /GET \/attachments/, times: 1 });
    expect((await fetch(url)).status).toBe(503);
    expect((await fetch(url)).status).toBe(200);
  });

  it('are stickers where they are', async () => {
    const { id, files } = post({ files: [{ ...png, kind: 'sticker', name: 'wave' }] });
    expect(files).toMatchObject([{ kind: 'sticker', name: 'wave', size: 10 }]);
    const { body } = await bench.call(`GET /channels/${ids.room}/messages/${id}`);
    expect(body.sticker_items).toMatchObject([{ name: 'wave', format_type: 1 }]);
    expect(await (await fetch(files?.[0]?.url ?? '')).text()).toBe('0123456789');
  });

  it('over 20 MiB are refused to the bot', async () => {
    const form = new FormData();
    form.append('files[0]', new Blob([new Uint8Array((20 << 20) + 1)]), 'big.bin');
    expect((await bench.call(`POST /channels/${ids.room}/messages`, { body: form })).body.code).toBe(50045);
  });
});

it('reactions are shown with whose they are, and taken away by moderation', async () => {
  const { id } = post();
  for (const author of [ids.kai, ids.mei]) bench.discord.react({ room: ids.room, message: id, author, emoji: '👍' });
  bench.discord.react({ room: ids.room, message: id, author: ids.kai, emoji: '🎉' });
  const reactions = () => bench.discord.messages(ids.room)[0]?.reactions;
  expect(reactions()).toHaveLength(3);
  expect((await bench.call(`DELETE /channels/${ids.room}/messages/${id}/reactions/${encodeURIComponent('👍')}`)).status).toBe(204);
  expect(reactions()).toEqual([{ emoji: '🎉', by: ids.kai }]);
  bench.discord.clearReactions({ room: ids.room, message: id });
  expect(reactions()).toEqual([]);
});
