import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SimChange } from '../types.ts';
import { startCometChatBench, type CometChatBench } from '../testing/cometchat-client.ts';

describe('REST v3: messages', () => {
  let bench: CometChatBench;
  beforeEach(async () => {
    bench = await startCometChatBench();
  });
  afterEach(() => bench.cometchat.close());

  const to = (body: object, as?: string) =>
    bench.call('POST /messages', {
      body: { receiver: 'lobby', receiverType: 'group', category: 'message', type: 'text', data: { text: 'hi' }, ...body },
      ...(as === undefined ? {} : { as }),
    });

  it('are sent on somebody’s behalf, or by the system', async () => {
    const changes: SimChange[] = [];
    bench.cometchat.onChange((change) => changes.push(change));
    const body = { data: { text: 'a <b> \\ ü', metadata: { bridge: { v: 1 } } }, tags: ['bridge'], muid: 'br_1' };
    expect(await to(body, 'ANA')).toMatchObject({
      status: 200,
      data: {
        id: '1',
        muid: 'br_1',
        conversationId: 'group_lobby',
        sender: 'ana',
        receiverType: 'group',
        receiver: 'lobby',
        category: 'message',
        type: 'text',
        tags: ['bridge'],
        data: {
          text: 'a <b> \\ ü',
          metadata: { bridge: { v: 1 } },
          entities: {
            sender: { entity: { uid: 'ana', name: 'Ana Lima' }, entityType: 'user' },
            receiver: { entity: { guid: 'lobby' }, entityType: 'group' },
          },
        },
        sentAt: Math.floor((changes[0]?.message.sentAt ?? 0) / 1000),
      },
    });
    expect((await to(body)).data).toMatchObject({ id: '2', sender: 'app_system', muid: 'br_1' });
    expect(bench.cometchat.messages('lobby')).toMatchObject([
      {
        text: 'a <b> \\ ü',
        viaApi: true,
        author: { id: 'ana', isBot: false },
        source: { tags: ['bridge'], muid: 'br_1', data: { metadata: { bridge: { v: 1 } } } },
      },
      { author: { id: 'app_system', isBot: true } },
    ]);
    expect(bench.cometchat.violations).toEqual([]);
  });

  it('go from user to user', async () => {
    expect(await to({ receiver: 'Bo', receiverType: 'user' }, 'cleo')).toMatchObject({
      data: {
        conversationId: 'bo_user_cleo',
        receiver: 'bo',
        data: { entities: { receiver: { entity: { uid: 'bo', conversationId: 'bo_user_cleo' } } } },
      },
    });
    bench.cometchat.post({ room: 'cleo', author: 'bo', text: 'back' });
    bench.cometchat.post({ room: 'bo_user_cleo', author: 'bo', text: 'again' });
    expect(bench.cometchat.messages('bo_user_cleo').map((message) => [message.author.id, message.text, message.room])).toEqual([
      ['cleo', 'hi', 'bo_user_cleo'],
      ['bo', 'back', 'bo_user_cleo'],
      ['bo', 'again', 'bo_user_cleo'],
    ]);
    expect((await bench.call('GET /users/bo/messages', { as: 'cleo' })).data).toMatchObject([{ id: '1' }, { id: '2' }, { id: '3' }]);
  });

  it.each([
    [{ data: { text: '' } }, 400, 'ERR_EMPTY_MESSAGE_TEXT'],
    [{ data: { text: ' \n' } }, 400, 'ERR_EMPTY_MESSAGE_TEXT'],
    [{ data: {} }, 400, 'ERR_EMPTY_MESSAGE_TEXT'],
    [{ data: 'x' }, 400, 'ERR_BAD_REQUEST'],
    [{ data: { text: 'x'.repeat(10_240) } }, 400, 'ERR_INVALID_MESSAGE_DATA'],
    [{ data: { text: 'ü'.repeat(5_200) } }, 400, 'ERR_INVALID_MESSAGE_DATA'],
    [{ data: { text: 'x', metadata: 'y' } }, 400, 'ERR_INVALID_METADATA'],
    [{ receiver: '' }, 400, 'ERR_EMPTY_RECEIVER'],
    [{ receiver: 'none' }, 404, 'ERR_GUID_NOT_FOUND'],
    [{ receiver: 'none', receiverType: 'user' }, 404, 'ERR_UID_NOT_FOUND'],
    [{ receiverType: 'room' }, 400, 'ERR_INVALID_RECEIVER_TYPE'],
    [{ category: 'action' }, 400, 'ERR_INVALID_MESSAGE_CATEGORY'],
    [{ type: 'poem' }, 400, 'ERR_BAD_REQUEST'],
    [{ type: 'image' }, 400, 'ERR_EMPTY_MESSAGE_FILE'],
    [{ type: 'image', data: { attachments: [{ url: 'https://a.example/x' }] } }, 400, 'ERR_INVALID_MEDIA_MESSAGE'],
    [{ category: 'custom', type: 'poll', data: { customData: {} } }, 400, 'ERR_EMPTY_CUSTOM_DATA'],
    [{ tags: ['x'.repeat(101)] }, 400, 'ERR_BAD_REQUEST'],
    [{ muid: 7 }, 400, 'ERR_BAD_REQUEST'],
  ])('are refused (%#)', async (body, status, code) => {
    expect(await to(body, 'ana')).toMatchObject({ status, error: { code } });
    expect(bench.cometchat.messages('lobby')).toEqual([]);
  });

  it('need membership of whom they come from', async () => {
    expect(await to({}, 'cleo')).toMatchObject({ status: 400, error: { code: 'ERR_GROUP_NOT_JOINED' } });
    await bench.call('POST /groups/lobby/members', { body: { participants: ['cleo'] } });
    expect(await to({}, 'cleo')).toMatchObject({ status: 200 });
  });

  it('may be long, may be files, may be custom', async () => {
    expect((await to({ data: { text: 'x'.repeat(10_000) } })).status).toBe(200);
    const attachment = { url: 'https://a.example/x.png', name: 'x.png', mimeType: 'image/png', extension: 'png', size: '5' };
    expect(await to({ type: 'image', data: { text: 'caption', attachments: [attachment] } })).toMatchObject({
      data: { type: 'image', data: { attachments: [attachment] } },
    });
    expect(await to({ category: 'custom', type: 'location', data: { customData: { lat: 1 } } })).toMatchObject({
      data: { category: 'custom', data: { customData: { lat: 1 } } },
    });
  });

  it('have fields that nobody knows noted', async () => {
    await to({ metadata: {} });
    expect(bench.cometchat.violations).toEqual(['POST /messages has no field metadata']);
  });

  it('are edited by their sender or by the system, which is answered with an action message', async () => {
    await to({ data: { text: 'hi', metadata: { keep: true } } }, 'ana');
    const edit = (as?: string, body: object = { data: { text: 'ho' } }) =>
      bench.call('PUT /messages/1', { body, ...(as === undefined ? {} : { as }) });
    expect(await edit('bo')).toMatchObject({ status: 400, error: { code: 'ERR_MESSAGE_NOT_A_SENDER' } });
    expect(await edit('ana', { data: { text: '' } })).toMatchObject({ status: 400, error: { code: 'ERR_EMPTY_MESSAGE_TEXT' } });
    expect(await edit('ana')).toMatchObject({
      data: {
        id: '2',
        category: 'action',
        type: 'message',
        data: {
          action: 'edited',
          entities: {
            by: { entity: { uid: 'ana' } },
            on: { entity: { id: '1', editedBy: 'ana', editedAt: expect.any(Number), data: { text: 'ho', metadata: { keep: true } } } },
          },
        },
      },
    });
    expect((await edit()).data).toMatchObject({ data: { entities: { on: { entity: { editedBy: 'app_system' } } } } });
    expect(await bench.call('PUT /messages/2', { body: { data: { text: 'x' } } })).toMatchObject({
      status: 400,
      error: { code: 'ERR_MESSAGE_ACTION_NOT_ALLOWED' },
    });
    expect(await bench.call('PUT /messages/99', { body: { data: { text: 'x' } } })).toMatchObject({
      status: 404,
      error: { code: 'ERR_MESSAGE_ID_NOT_FOUND' },
    });
    expect(bench.cometchat.messages('lobby')).toMatchObject([{ id: '1', text: 'ho', editedAt: expect.any(Number) }]);
  });

  it('are deleted so that their place stays, or for good', async () => {
    await to({}, 'ana');
    await to({}, 'ana');
    const remove = (id: string, options: { as?: string; body?: unknown } = {}) => bench.call(`DELETE /messages/${id}`, options);
    expect(await remove('1', { as: 'bo' })).toMatchObject({ status: 400, error: { code: 'ERR_MESSAGE_NOT_A_SENDER' } });
    expect(await remove('1', { as: 'ana' })).toMatchObject({
      data: { category: 'action', data: { action: 'deleted', entities: { on: { entity: { id: '1', deletedBy: 'ana' } } } } },
    });
    const kept = await bench.call('GET /messages/1');
    expect(kept.data).toMatchObject({ id: '1', deletedAt: expect.any(Number), deletedBy: 'ana' });
    expect(kept.data?.['data']).not.toHaveProperty('text');
    expect(await remove('1', { as: 'ana' })).toMatchObject({ status: 404 });
    expect(await remove('2', { body: { permanent: true } })).toMatchObject({ status: 200 });
    expect(await bench.call('GET /messages/2')).toMatchObject({ status: 404, error: { code: 'ERR_MESSAGE_ID_NOT_FOUND' } });
    expect(bench.cometchat.messages('lobby').every((message) => message.deleted)).toBe(true);
  });

  it('have threads, one level deep, in their own conversation', async () => {
    await to({}, 'ana');
    const reply = (id: string, body: object = {}, as: string | undefined = 'bo') =>
      bench.call(`POST /messages/${id}/thread`, {
        body: { receiver: 'lobby', receiverType: 'group', data: { text: 're' }, ...body },
        ...(as ? { as } : {}),
      });
    expect(await reply('1')).toMatchObject({ data: { id: '2', parentId: '1', category: 'message', type: 'text' } });
    expect(await reply('1', {}, '')).toMatchObject({ status: 400 });
    expect(await reply('2')).toMatchObject({ status: 400, error: { code: 'ERR_MESSAGE_THREAD_NESTING' } });
    expect(await reply('1', { receiver: 'cleo', receiverType: 'user' })).toMatchObject({
      status: 400,
      error: { code: 'ERR_WRONG_MESSAGE_THREAD' },
    });
    expect((await bench.call('GET /messages/1/thread')).data).toMatchObject([{ id: '2' }]);
    expect((await bench.call('GET /groups/lobby/messages?hideReplies=true')).data).toMatchObject([{ id: '1' }]);
  });

  it('get reactions, each user one of a kind', async () => {
    await to({}, 'ana');
    const react = (method: string, as?: string, reaction = '👍🏽') =>
      bench.call(`${method} /messages/1/reactions/${encodeURIComponent(reaction)}`, as === undefined ? {} : { as });
    expect(await react('POST')).toMatchObject({ status: 400 });
    await react('POST', 'ana');
    await react('POST', 'ana');
    expect(await react('POST', 'bo')).toMatchObject({ data: { id: '1', data: { reactions: [{ reaction: '👍🏽', count: 2 }] } } });
    expect(await react('DELETE', 'bo')).toMatchObject({ data: { data: { reactions: [{ reaction: '👍🏽', count: 1 }] } } });
    expect(await react('POST', 'bo', 'x'.repeat(46))).toMatchObject({ status: 400 });
    expect(bench.cometchat.messages('lobby')[0]?.source).toMatchObject({ reactions: [{ reaction: '👍🏽', uid: 'ana' }] });
  });

  it('are listed forwards and backwards from an id, oldest first', async () => {
    for (let n = 1; n <= 12; n += 1) await to({ data: { text: `m${n}` }, tags: [n % 2 ? 'odd' : 'even'] }, 'ana');
    const list = async (query: string, as?: string) => {
      const answer = await bench.call(`GET /groups/lobby/messages?${query}`, as === undefined ? {} : { as });
      return [
        Array.isArray(answer.data) ? answer.data.map((message: { id: string }) => Number(message.id)) : answer.error?.code,
        answer.meta?.['next'],
      ];
    };
    const next = (affix: string, id: string) => ({ affix, id, sentAt: expect.any(Number) });
    expect(await list('affix=append&id=3&limit=4')).toEqual([[4, 5, 6, 7], next('append', '7')]);
    expect(await list('affix=append&id=12')).toEqual([[], undefined]);
    expect(await list('affix=prepend&id=5&limit=2')).toEqual([[3, 4], next('prepend', '3')]);
    expect((await list(''))[0]).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect((await list('limit=1000&tags=even'))[0]).toEqual([2, 4, 6, 8, 10, 12]);
    expect((await list(`fromTimestamp=${Math.floor(Date.now() / 1000) + 60}`))[0]).toEqual([]);
    expect((await list('limit=1001'))[0]).toBe('ERR_BAD_REQUEST');
    expect((await list('', 'cleo'))[0]).toBe('ERR_GROUP_NOT_JOINED');
    expect((await list('limit=1&withTags=true'))[0]).toEqual([12]);
  });

  it('show edits and deletes after a cursor as action messages, which can be left out', async () => {
    await to({}, 'ana');
    await bench.call('PUT /messages/1', { body: { data: { text: 'ho' } } });
    expect((await bench.call('GET /groups/lobby/messages?affix=append&id=1')).data).toMatchObject([
      { id: '2', category: 'action', data: { action: 'edited' } },
    ]);
    expect((await bench.call('GET /groups/lobby/messages?affix=append&id=0&category=message')).data).toMatchObject([{ id: '1' }]);
  });
});
