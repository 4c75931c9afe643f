import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channel, forum, group, startTelegramBench, type TelegramBench, token } from '../testing/telegram-client.ts';

const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(100, 1)]);
const webp = Buffer.concat([Buffer.from('RIFF0000WEBP'), Buffer.alloc(100, 2)]);
const mp4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypmp42'), Buffer.alloc(100, 3)]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Sent {
  readonly status: number;
  readonly description?: string;
  readonly result?: Readonly<Record<string, unknown>>;
}

let bench: TelegramBench;
beforeEach(async () => {
  bench = await startTelegramBench();
});
afterEach(async () => {
  await bench.telegram.close();
});

/** A call as a form with files. */
async function upload(method: string, fields: Readonly<Record<string, string | Blob>>, name = 'a.bin'): Promise<Sent> {
  const form = new FormData();
  for (const [field, value] of Object.entries({ chat_id: group, ...fields }))
    if (typeof value === 'string') form.set(field, value);
    else form.set(field, value, name);
  const response = await fetch(`${bench.telegram.url}/bot${token}/${method}`, { method: 'POST', body: form });
  const answer: Omit<Sent, 'status'> = JSON.parse(await response.text());
  return { ...answer, status: response.status };
}
const blob = (bytes: Buffer, type: string) => new Blob([new Uint8Array(bytes)], { type });
const photo = (fields: Readonly<Record<string, string>> = {}) =>
  upload('sendPhoto', { photo: blob(png, 'image/png'), ...fields }, 'cat.png');
const shown = (room = group) => bench.telegram.messages(room).filter(({ deleted }) => !deleted);

describe('a file that a bot sends', () => {
  it.each<[string, string, Buffer, string, string]>([
    ['sendPhoto', 'photo', png, 'image/png', 'photo'],
    ['sendVideo', 'video', mp4, 'video/mp4', 'video'],
    ['sendVideo', 'video', mp4, 'video/x-matroska', 'document'],
    ['sendAnimation', 'animation', mp4, 'video/mp4', 'animation'],
    ['sendAudio', 'audio', mp4, 'audio/mp4', 'audio'],
    ['sendVoice', 'voice', Buffer.from('OggS and so on'), 'audio/ogg', 'voice'],
    ['sendVoice', 'voice', png, 'image/png', 'document'],
    ['sendVideoNote', 'video_note', mp4, 'video/mp4', 'video_note'],
    ['sendDocument', 'document', png, 'image/png', 'document'],
    ['sendSticker', 'sticker', webp, 'image/webp', 'sticker'],
    ['sendSticker', 'sticker', png, 'image/png', 'document'],
  ])('%s: %s of %#', async (method, field, bytes, mime, kind) => {
    const answer = await upload(method, { [field]: blob(bytes, mime) });
    expect(answer).toMatchObject({ status: 200, result: { [kind]: expect.anything() } });
    expect(shown()).toMatchObject([{ viaApi: true, files: [{ kind, name: 'a.bin', mime, size: bytes.length, sha256: sha256(bytes) }] }]);
    expect(bench.telegram.violations).toEqual([]);
    expect(bench.telegram.calls[0]?.body).toMatchObject({ [field]: { name: 'a.bin', size: bytes.length } });
  });

  it('has a caption with entities, which can be edited', async () => {
    const entities = JSON.stringify([{ type: 'bold', offset: 0, length: 2 }]);
    const { result } = await photo({ caption: 'hi there', caption_entities: entities });
    expect(result).toMatchObject({ caption: 'hi there', caption_entities: [{ type: 'bold' }] });
    const edit = { chat_id: group, message_id: result?.['message_id'] };
    expect(await bench.call('editMessageCaption', { ...edit, caption: 'new' })).toMatchObject({ result: { caption: 'new' } });
    expect(await bench.call('editMessageCaption', { ...edit, caption: 'new' })).toMatchObject({
      description: expect.stringContaining('is not modified'),
    });
    expect(await bench.call('editMessageText', { ...edit, text: 'x' })).toMatchObject({
      description: 'Bad Request: there is no text in the message to edit',
    });
    expect(await bench.call('editMessageCaption', edit)).toMatchObject({ ok: true });
    expect(shown()).toMatchObject([{ text: '', files: [{ kind: 'photo' }] }]);
  });

  it('goes into a topic and replies', async () => {
    const root = bench.telegram.post({ room: forum, author: '501', text: 'x', topic: 7 });
    await photo({ chat_id: forum, message_thread_id: '7', reply_parameters: JSON.stringify({ message_id: Number(root.id) }) });
    expect(shown(forum).at(-1)).toMatchObject({ thread: '7', replyTo: root.id, files: [{}] });
  });

  it.each<[string, string, Readonly<Record<string, string | Blob>>, string]>([
    ['none', 'sendPhoto', {}, 'there is no file in the request'],
    ['an unknown one', 'sendPhoto', { photo: 'AgAC' }, 'wrong remote file identifier specified'],
    ['an empty one', 'sendDocument', { document: new Blob([]) }, 'file must be non-empty'],
    ['no picture', 'sendPhoto', { photo: blob(mp4, 'video/mp4') }, 'IMAGE_PROCESS_FAILED'],
    [
      'a large picture',
      'sendPhoto',
      { photo: blob(Buffer.concat([png, Buffer.alloc(10 << 20)]), 'image/png') },
      'file "a.bin" is too big for a photo',
    ],
    ['a long caption', 'sendPhoto', { photo: blob(png, 'image/png'), caption: 'x'.repeat(1025) }, 'message caption is too long'],
  ])('is refused: %s', async (_what, method, fields, description) => {
    expect(await upload(method, fields)).toMatchObject({ status: 400, description: `Bad Request: ${description}` });
    expect(shown()).toEqual([]);
  });

  it('of more than 50 MB is a 413', async () => {
    expect(await upload('sendDocument', { document: blob(Buffer.alloc(52 << 20), 'x/y') })).toMatchObject({
      status: 413,
      description: 'Request Entity Too Large',
    });
  });

  it('can be sent again by its id', async () => {
    const { result } = await upload('sendDocument', { document: blob(png, 'image/png') });
    const id = Object(result?.['document']).file_id;
    expect(await bench.call('sendDocument', { chat_id: group, document: id })).toMatchObject({ ok: true });
    expect(shown().map(({ files }) => files?.[0]?.sha256)).toEqual([sha256(png), sha256(png)]);
  });

  it('of a sticker or a round video has no caption to edit', async () => {
    const { result } = await upload('sendSticker', { sticker: blob(webp, 'image/webp') });
    expect(await bench.call('editMessageCaption', { chat_id: group, message_id: result?.['message_id'], caption: 'x' })).toMatchObject({
      description: 'Bad Request: there is no caption in the message to edit',
    });
  });
});

describe('an album', () => {
  const album = (...media: readonly object[]) =>
    upload('sendMediaGroup', { media: JSON.stringify(media), one: blob(png, 'image/png'), two: blob(mp4, 'video/mp4') });
  const one = { type: 'photo', media: 'attach://one' };
  const two = { type: 'video', media: 'attach://two' };

  it('is as many messages, tied by their group', async () => {
    await album({ ...one, caption: 'trip' }, two);
    expect(shown()).toMatchObject([
      { text: 'trip', files: [{ kind: 'photo' }] },
      { text: '', files: [{ kind: 'video' }] },
    ]);
    expect(new Set(shown().map(({ source }) => Object(source).mediaGroup)).size).toBe(1);
    expect(bench.telegram.violations).toEqual([]);
  });

  it.each<[string, readonly object[], string]>([
    ['nothing', [], 'there are no messages to send'],
    ['too much', Array.from({ length: 11 }, () => one), 'too many messages to send as an album'],
    ['documents among photos', [one, { type: 'document', media: 'attach://two' }], "document can't be mixed with other media types"],
    [
      'an animation',
      [one, { type: 'animation', media: 'attach://two' }],
      `can't parse InputMedia: type "animation" can't be used in an album`,
    ],
    ['a file that is not there', [one, { type: 'photo', media: 'attach://three' }], 'wrong remote file identifier specified'],
  ])('of %s is refused', async (_what, media, description) => {
    expect(await album(...media)).toMatchObject({ status: 400, description: `Bad Request: ${description}` });
  });

  it('has its reactions on its first part', async () => {
    await album(one, two);
    const [first, second] = shown();
    await bench.call('setMessageReaction', {
      chat_id: group,
      message_id: Number(second?.id),
      reaction: [{ type: 'emoji', emoji: '👍' }],
    });
    expect(shown().find(({ id }) => id === first?.id)?.reactions).toEqual([{ emoji: '👍', by: String(bench.telegram.bot.id) }]);
  });

  it('counts for as many messages as it has parts', async () => {
    await bench.telegram.close();
    bench = await startTelegramBench({ limits: true });
    expect((await album(one, two, one)).status).toBe(200);
    expect((await album(one, two, one)).status).toBe(429);
  });
});

describe('a download', () => {
  const address = async (): Promise<string> => {
    const { result } = await upload('sendDocument', { document: blob(png, 'image/png') });
    const found = await bench.call('getFile', { file_id: Object(result?.['document']).file_id });
    expect(found.result).toMatchObject({ file_size: png.length, file_path: expect.stringMatching(/^documents\/file_\d+\.bin$/) });
    return `${bench.telegram.url}/file/bot${token}/${String(found.result?.['file_path'])}`;
  };

  it('gives all, or the part that was asked for', async () => {
    const url = await address();
    const whole = await fetch(url);
    expect(Buffer.from(await whole.arrayBuffer()).equals(png)).toBe(true);
    const part = await fetch(url, { headers: { range: 'bytes=4-9' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 4-9/${png.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(png.subarray(4, 10))).toBe(true);
    expect((await fetch(url, { headers: { range: 'bytes=9999-' } })).status).toBe(416);
  });

  it('needs the token, a path that exists, and can be made to fail', async () => {
    const url = await address();
    expect((await fetch(url.replace(token, '1:x'))).status).toBe(401);
    expect((await fetch(`${url}x`)).status).toBe(404);
    bench.telegram.faults.add({ fault: { kind: 'status', status: 503 }, match: /GET \/file\/documents/, times: 1 });
    expect((await fetch(url)).status).toBe(503);
    bench.telegram.faults.add({ fault: { kind: 'reset' }, match: /GET \/file/, times: 1 });
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    expect(bench.telegram.calls.at(-1)).toMatchObject({ method: 'GET', path: expect.stringMatching(/^\/file\/documents/) });
  });

  it.each([
    ['wrong_file', undefined, 'wrong file_id or the file is temporarily unavailable'],
    ['', Buffer.alloc(21 << 20), 'file is too big'],
  ])('is refused (%j)', async (id, bytes, description) => {
    const { result } = bytes ? await upload('sendDocument', { document: blob(bytes, 'x/y') }) : {};
    const file_id = id || Object(result?.['document']).file_id;
    expect(await bench.call('getFile', { file_id })).toMatchObject({ description: `Bad Request: ${description}` });
  });

  it('for a page that shows the chat needs no token', async () => {
    await photo();
    const url = shown()[0]?.files?.[0]?.url ?? '';
    expect(url).not.toContain(token);
    const answer = await fetch(url);
    expect([answer.headers.get('content-type'), Buffer.from(await answer.arrayBuffer()).equals(png)]).toEqual(['image/png', true]);
  });
});

describe('people', () => {
  const updates = async () => {
    const { result } = await bench.call('getUpdates', {
      allowed_updates: ['message', 'edited_message', 'channel_post', 'message_reaction'],
    });
    return Object.values(result ?? {});
  };
  const file = (kind: string) => ({ kind, name: `a.${kind}`, mime: 'x/y', bytes: png });

  it.each([
    ['image', 'photo'],
    ['video', 'video'],
    ['animation', 'animation'],
    ['audio', 'audio'],
    ['voice', 'voice'],
    ['round-video', 'video_note'],
    ['sticker', 'sticker'],
    ['file', 'document'],
  ])('send a file of the kind %s', async (kind, field) => {
    bench.telegram.post({ room: group, author: '501', text: 'look', files: [file(kind)], emoji: '🐈' });
    expect(await updates()).toMatchObject([{ message: { [field]: expect.anything(), caption: 'look' } }]);
  });

  it('send albums, also in channels', async () => {
    bench.telegram.post({ room: channel, author: '501', text: 'a', files: [file('image'), file('video')] });
    const [first, second] = await updates();
    expect(first).toMatchObject({ channel_post: { caption: 'a', media_group_id: expect.any(String) } });
    expect(Object(second).channel_post.media_group_id).toBe(Object(first).channel_post.media_group_id);
  });

  it('write into topics and chains of replies', async () => {
    const inTopic = bench.telegram.post({ room: forum, author: '501', text: 'a', thread: '7' });
    const root = bench.telegram.post({ room: group, author: '501', text: 'a' });
    const answer = bench.telegram.post({ room: group, author: '502', text: 'b', thread: root.id });
    expect([inTopic.thread, answer.thread, answer.replyTo]).toEqual(['7', undefined, root.id]);
    expect(() => bench.telegram.post({ room: forum, author: '501', text: 'a', thread: '8' })).toThrow('topic 8');
  });

  it('add and take away one reaction after another', async () => {
    await updates();
    const { id: message } = bench.telegram.post({ room: group, author: '501', text: 'a' });
    const react = (emoji: string, on?: boolean) =>
      bench.telegram.react({ room: group, message, author: '502', emoji, ...(on === undefined ? {} : { on }) });
    react('👍');
    react('🔥');
    react('👍', false);
    expect(shown()[0]?.reactions).toEqual([{ emoji: '🔥', by: '502' }]);
    expect((await updates()).slice(1)).toMatchObject([
      { message_reaction: { old_reaction: [], new_reaction: [{ emoji: '👍' }] } },
      { message_reaction: { old_reaction: [{ emoji: '👍' }], new_reaction: [{ emoji: '👍' }, { emoji: '🔥' }] } },
      { message_reaction: { new_reaction: [{ emoji: '🔥' }] } },
    ]);
  });

  it('have pictures, unless they have none', async () => {
    await bench.telegram.close();
    bench = await startTelegramBench({
      people: [
        { id: '501', name: 'Ana' },
        { id: '502', name: 'Bo', photo: false },
      ],
    });
    expect(await bench.call('getUserProfilePhotos', { user_id: 501 })).toMatchObject({ result: { total_count: 1 } });
    expect(await bench.call('getUserProfilePhotos', { user_id: 502 })).toMatchObject({ result: { total_count: 0, photos: [] } });
    expect(await bench.call('getUserProfilePhotos', { user_id: 9 })).toMatchObject({ description: 'Bad Request: user not found' });
    expect(await bench.call('getChat', { chat_id: 501 })).toMatchObject({ result: { photo: { big_file_id: expect.any(String) } } });
  });
});

it('a call that is not as its description says is noted', async () => {
  await upload('sendMediaGroup', {
    media: JSON.stringify([{ type: 'photo', media: 'attach://one', colour: 1 }]),
    one: blob(png, 'image/png'),
  });
  await upload('sendPhoto', { photo: blob(png, 'image/png'), colour: 'red' });
  expect(bench.telegram.violations).toEqual([
    'sendMediaGroup: media is not of type Array of InputMedia',
    'sendPhoto has no parameter colour',
  ]);
});
