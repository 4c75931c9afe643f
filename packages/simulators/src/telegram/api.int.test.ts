import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { group, startTelegramBench, token, type TelegramBench } from '../testing/telegram-client.ts';

describe('Bot API over HTTP', () => {
  let bench: TelegramBench;
  beforeAll(async () => {
    bench = await startTelegramBench();
  });
  afterAll(() => bench.telegram.close());
  beforeEach(() => bench.telegram.faults.clear());

  const url = (method: string) => `${bench.telegram.url}/bot${token}/${method}`;

  it('says who the bot is, by GET and by POST, the method in any case', async () => {
    const bot = { ok: true, result: { is_bot: true, id: 42, can_read_all_group_messages: true } };
    expect(await (await fetch(url('getme'))).json()).toMatchObject(bot);
    expect(await bench.call('getMe')).toMatchObject(bot);
  });

  it.each([
    ['a wrong token', '/bot1:x/getMe', 401, { ok: false, error_code: 401, description: 'Unauthorized' }],
    ['an unknown method', `/bot${token}/getYou`, 404, { ok: false, error_code: 404, description: 'Not Found: method not found' }],
    ['an unknown path', '/x', 404, { ok: false, error_code: 404, description: 'Not Found' }],
    ['a method that is not simulated', `/bot${token}/sendPhoto`, 400, { ok: false, error_code: 400 }],
  ])('refuses %s', async (_what, path, status, body) => {
    const response = await fetch(`${bench.telegram.url}${path}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
  });

  it('takes urlencoded, JSON, multipart and query arguments alike', async () => {
    const entities = JSON.stringify([{ type: 'bold', offset: 0, length: 2 }]);
    const form = new FormData();
    for (const [name, value] of Object.entries({ chat_id: group, text: 'hi ho', entities })) form.set(name, value);
    const init = { method: 'POST' };
    const json = {
      ...init,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ chat_id: Number(group), text: 'hi ho', entities: JSON.parse(entities) }),
    };
    const variants = [
      fetch(url('sendMessage'), { ...init, body: new URLSearchParams({ chat_id: group, text: 'hi ho', entities }) }),
      fetch(url('sendMessage'), json),
      fetch(url('sendMessage'), { ...init, body: form }),
      fetch(`${url('sendMessage')}?${new URLSearchParams({ chat_id: group, text: 'hi ho', entities }).toString()}`),
    ];
    for (const response of await Promise.all(variants)) {
      expect(await response.json()).toMatchObject({
        ok: true,
        result: { text: 'hi ho', entities: [{ type: 'bold', offset: 0, length: 2 }] },
      });
    }
  });

  it.each([['{'], ['[]'], ['null']])('refuses the JSON body %s', async (body) => {
    const response = await fetch(url('getMe'), { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(response.status).toBe(400);
  });

  it('notes calls with path and arguments, and never the token', async () => {
    await bench.call('getChat', { chat_id: group });
    const last = bench.telegram.calls.at(-1);
    expect(last).toMatchObject({ method: 'POST', path: '/getChat', body: { chat_id: group } });
    await eventually(() => last?.status).toBe(200);
    expect(JSON.stringify(bench.telegram.calls)).not.toContain(token);
  });

  it('notes what is not as the API description says', async () => {
    const before = bench.telegram.violations.length;
    await bench.call('sendMessage', {
      chat_id: group,
      text: 'ok',
      disable_notification: true,
      link_preview_options: { is_disabled: true },
    });
    expect(bench.telegram.violations).toHaveLength(before);
    await bench.call('sendMessage', { chat_id: group, text: 'x', disable_web_page_preview: true });
    await bench.call('sendMessage', { chat_id: group, text: 'x', entities: [{ type: 'bold', offset: '0', length: 1 }] });
    await bench.call('getChat', {});
    expect(bench.telegram.violations.slice(before)).toEqual([
      'sendMessage has no parameter disable_web_page_preview',
      'sendMessage: entities is not of type Array of MessageEntity',
      'getChat: chat_id is required',
    ]);
  });

  it('gives faults in its own words', async () => {
    bench.telegram.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 2_100 }, match: /^POST \/sendMessage$/, times: 1 });
    const response = await fetch(url('sendMessage'), { method: 'POST', body: new URLSearchParams({ chat_id: group, text: 'x' }) });
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.json()).toEqual({
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 3',
      parameters: { retry_after: 3 },
    });
    bench.telegram.faults.add({ fault: { kind: 'status', status: 500 }, times: 1 });
    expect(await bench.call('getMe')).toMatchObject({ status: 500, ok: false, error_code: 500, description: 'Internal Server Error' });
  });

  it('carries a call out before it resets the connection', async () => {
    const before = bench.telegram.messages(group).length;
    bench.telegram.faults.add({ fault: { kind: 'accept-then-reset' }, times: 1 });
    await expect(bench.call('sendMessage', { chat_id: group, text: 'lost answer' })).rejects.toThrow();
    expect(bench.telegram.messages(group)).toHaveLength(before + 1);
  });

  it('serves pictures of people and of the bot', async () => {
    const [ana] = bench.telegram.people;
    const response = await fetch(ana?.avatarUrl ?? '');
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect(await response.text()).toContain('>AL<');
  });

  it('tells of chats and members', async () => {
    expect(await bench.call('getChat', { chat_id: group })).toMatchObject({
      result: { id: Number(group), type: 'supergroup', title: 'Community' },
    });
    expect(await bench.call('getChat', { chat_id: -1 })).toMatchObject({ status: 400, description: 'Bad Request: chat not found' });
    expect(await bench.call('getChatMember', { chat_id: group, user_id: 501 })).toMatchObject({
      result: { status: 'member', user: { first_name: 'Ana', last_name: 'Lima' } },
    });
    expect(await bench.call('getChatMember', { chat_id: group, user_id: 42 })).toMatchObject({
      result: { status: 'administrator', can_delete_messages: true },
    });
    expect(await bench.call('getChatMember', { chat_id: group })).toMatchObject({ description: 'Bad Request: invalid user_id specified' });
    expect(await bench.call('sendChatAction', { chat_id: group, action: 'typing' })).toMatchObject({ ok: true, result: true });
    expect(await bench.call('sendChatAction', { chat_id: group, action: 'dance' })).toMatchObject({
      description: 'Bad Request: wrong parameter action in request',
    });
  });
});
