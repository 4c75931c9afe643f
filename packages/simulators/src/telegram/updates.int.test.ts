import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { startReceiver, type Receiver } from '../testing/receiver.ts';
import { channel, forum, group, smallGroup, startTelegramBench, type TelegramBench } from '../testing/telegram-client.ts';

const timeScale = 0.05;

describe('webhook', () => {
  let bench: TelegramBench;
  let receiver: Receiver;
  const setWebhook = async () => {
    expect(await bench.call('setWebhook', { url: `${receiver.url}/hook`, secret_token: 'S-e_1' })).toMatchObject({
      result: true,
      description: 'Webhook was set',
    });
  };
  /** Anew, with these options. */
  const restart = async (options: Parameters<typeof startTelegramBench>[0]) => {
    await bench.telegram.close();
    bench = await startTelegramBench(options);
    await setWebhook();
  };
  beforeEach(async () => {
    [bench, receiver] = await Promise.all([startTelegramBench({ timeScale }), startReceiver()]);
    await setWebhook();
  });
  afterEach(() => Promise.all([bench.telegram.close(), receiver.close()]));

  const post = (text: string, room = group) => bench.telegram.post({ room, author: '501', text });
  const texts = () =>
    receiver.received.map(({ body }) =>
      Object.values(body)
        .map((value) => (value as { text?: string }).text)
        .find((text) => text !== undefined),
    );

  it('delivers posts and edits with the secret, ids rising, and nothing about deletes or the bot itself', async () => {
    const message = post('one');
    bench.telegram.edit({ room: group, message: message.id, text: 'two' });
    await bench.call('sendMessage', { chat_id: group, text: 'of the bot' });
    bench.telegram.remove({ room: group, message: message.id });
    post('three');
    await eventually(texts).toEqual(['one', 'two', 'three']);
    const [first, second] = receiver.received;
    expect(first?.headers).toMatchObject({ 'x-telegram-bot-api-secret-token': 'S-e_1', 'content-type': 'application/json' });
    expect(first?.body).toMatchObject({
      update_id: 731_000_001,
      message: { from: { id: 501, first_name: 'Ana', last_name: 'Lima', username: 'ana' }, chat: { title: 'Community' } },
    });
    expect(second?.body).toMatchObject({
      update_id: 731_000_002,
      edited_message: { message_id: Number(message.id), edit_date: expect.any(Number) },
    });
    await eventually(() => bench.telegram.webhookLog).toMatchObject([{ status: 200, attempt: 1 }, { status: 200 }, { status: 200 }]);
    expect(bench.telegram.pendingUpdates).toBe(0);
  });

  it('marks topics, replies and channel posts', async () => {
    bench.telegram.post({ room: forum, author: '501', text: 'in topic', topic: 7 });
    const post1 = bench.telegram.post({ room: channel, author: '501', text: 'news' });
    bench.telegram.edit({ room: channel, message: post1.id, text: 'news!' });
    const first = post('q');
    bench.telegram.post({ room: group, author: '502', text: 'a', replyTo: first.id });
    await eventually(() => receiver.received.length).toBe(5);
    const bodies = receiver.received.map(({ body }) => body);
    expect(bodies).toContainEqual(
      expect.objectContaining({ message: expect.objectContaining({ text: 'in topic', message_thread_id: 7, is_topic_message: true }) }),
    );
    expect(bodies).toContainEqual(
      expect.objectContaining({
        channel_post: expect.objectContaining({ text: 'news', sender_chat: expect.objectContaining({ type: 'channel' }) }),
      }),
    );
    expect(bodies).toContainEqual(expect.objectContaining({ edited_channel_post: expect.objectContaining({ text: 'news!' }) }));
    expect(bodies).toContainEqual(
      expect.objectContaining({
        message: expect.objectContaining({ text: 'a', reply_to_message: expect.objectContaining({ text: 'q' }) }),
      }),
    );
  });

  it('sends again at once', async () => {
    // Any other wait would be half an hour at least.
    await restart({ timeScale: 1_000 });
    receiver.answer = () => ({ status: receiver.received.length === 1 ? 500 : 200 });
    post('stuck');
    await eventually(texts).toEqual(['stuck', 'stuck']);
    await eventually(() => bench.telegram.pendingUpdates).toBe(0);
  });

  it('sends again for the second time after 2 s, then after 4, 8 … s; the chat waits, others do not', async () => {
    let failures = 4;
    receiver.answer = ({ body }) => ({ status: JSON.stringify(body).includes('stuck') && failures-- > 0 ? 500 : 200 });
    post('stuck');
    post('behind');
    post('elsewhere', smallGroup);
    await eventually(texts).toContain('behind');
    expect(texts().indexOf('elsewhere')).toBeLessThan(texts().lastIndexOf('stuck'));
    expect(texts().filter((text) => text === 'stuck')).toHaveLength(5);
    await eventually(() => bench.telegram.pendingUpdates).toBe(0);
    const stuck = bench.telegram.webhookLog.filter((attempt) => attempt.updateId === 731_000_001);
    expect(stuck.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 500],
      [2, 500],
      [3, 500],
      [4, 500],
      [5, 200],
    ]);
    const waits = stuck.slice(1).map((attempt, n) => (attempt.at - (stuck[n]?.at ?? 0)) / 1000 / timeScale);
    expect(waits[1]).toBeGreaterThanOrEqual(1.9);
    expect(waits[2]).toBeGreaterThanOrEqual(3.9);
    expect(waits[3]).toBeGreaterThanOrEqual(7.9);
  });

  it('obeys Retry-After, and tells of the last error', async () => {
    const { promise: looked, resolve: look } = Promise.withResolvers<void>();
    receiver.answer = async () => {
      if (receiver.received.length === 1) return { status: 503, headers: { 'retry-after': '10' } };
      await looked;
      return { status: 204 };
    };
    post('wait');
    await eventually(() => bench.telegram.webhookLog.length).toBe(1);
    expect(await bench.call('getWebhookInfo')).toMatchObject({
      result: {
        url: `${receiver.url}/hook`,
        pending_update_count: 1,
        max_connections: 40,
        last_error_message: 'Wrong response from the webhook: 503',
        last_error_date: expect.any(Number),
      },
    });
    look();
    await eventually(() => bench.telegram.webhookLog.length).toBe(2);
    const [first, second] = bench.telegram.webhookLog;
    expect(((second?.at ?? 0) - (first?.at ?? 0)) / 1000 / timeScale).toBeGreaterThanOrEqual(9.5);
  });

  it('gives up on a receiver that hangs or is gone, and comes back', async () => {
    await restart({ timeScale, webhookTimeoutMs: 500 });
    receiver.answer = () => new Promise(() => undefined);
    post('hangs');
    await eventually(() => bench.telegram.webhookLog[0]).toMatchObject({ error: 'Read timeout expired' });
    receiver.answer = () => ({ status: 200 });
    await eventually(() => bench.telegram.pendingUpdates).toBe(0);
  });

  it('keeps at most max_connections under way', async () => {
    await bench.call('setWebhook', { url: receiver.url, max_connections: 1 });
    let open = 0;
    let most = 0;
    receiver.answer = async () => {
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      open -= 1;
      return { status: 200 };
    };
    for (const room of [group, forum, smallGroup, '501']) post('x', room);
    await eventually(() => receiver.received.length).toBe(4);
    expect(most).toBe(1);
  });

  it('tells of reactions only when asked to, and only an administrator', async () => {
    const { id } = post('x');
    const react = (emoji: readonly string[]) => bench.telegram.react({ room: group, message: id, author: '502', emoji });
    react(['👍']);
    await bench.call('setWebhook', { url: receiver.url, allowed_updates: ['message', 'message_reaction'] });
    react(['🔥']);
    bench.telegram.setBotStatus(group, 'member');
    react([]);
    bench.telegram.edit({ room: group, message: id, text: 'edits are not allowed now' });
    post('last');
    await eventually(texts).toContain('last');
    const reactions = receiver.received.map(({ body }) => body['message_reaction']).filter(Boolean);
    expect(reactions).toEqual([
      expect.objectContaining({
        message_id: Number(id),
        old_reaction: [{ type: 'emoji', emoji: '👍' }],
        new_reaction: [{ type: 'emoji', emoji: '🔥' }],
        user: expect.objectContaining({ id: 502 }),
      }),
    ]);
    expect(receiver.received.some(({ body }) => 'edited_message' in body)).toBe(false);
  });

  it('delivers what is injected as it is', async () => {
    const given = bench.telegram.injectUpdate({ poll: { id: '1' } });
    bench.telegram.injectUpdate({ update_id: given, poll: { id: 'again' } });
    await expect
      .poll(() => receiver.received.map(({ body }) => body))
      .toEqual([
        { update_id: given, poll: { id: '1' } },
        { update_id: given, poll: { id: 'again' } },
      ]);
  });

  it('carries out a call in the answer, but not to get or set things', async () => {
    receiver.answer = ({ body }) => ({
      status: 200,
      body: 'edited_message' in body ? { method: 'deleteWebhook' } : { method: 'sendMessage', chat_id: Number(group), text: 'pong' },
    });
    const { id } = post('ping');
    await eventually(() => bench.telegram.messages(group).map((message) => message.text)).toEqual(['ping', 'pong']);
    bench.telegram.edit({ room: group, message: id, text: 'x' });
    await eventually(() => bench.telegram.pendingUpdates).toBe(0);
    expect(await bench.call('getWebhookInfo')).toMatchObject({ result: { url: `${receiver.url}/hook` } });
  });

  it('tells of the upgrade of a group', async () => {
    const next = bench.telegram.upgradeToSupergroup(smallGroup);
    await eventually(() => receiver.received.length).toBe(2);
    expect(receiver.received.map(({ body }) => body['message'])).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ migrate_to_chat_id: Number(next) }),
        expect.objectContaining({ migrate_from_chat_id: Number(smallGroup) }),
      ]),
    );
  });

  it.each([
    [{ url: 'http://example.com/' }, 'Bad Request: bad webhook: An HTTPS URL must be provided for webhook'],
    [{ url: 'https://example.com:3000/' }, 'Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443'],
    [{ url: 'http://[' }, 'Bad Request: invalid webhook URL specified'],
    [{ url: 'https://example.com', secret_token: 'a b' }, 'Bad Request: secret token contains unallowed characters'],
    [{ url: 'https://example.com', secret_token: 'x'.repeat(257) }, 'Bad Request: secret token is too long'],
  ])('refuses %j', async (args, description) => {
    expect(await bench.call('setWebhook', args)).toMatchObject({ status: 400, description });
  });

  it('is set once, and deleted once', async () => {
    const same = { url: `${receiver.url}/hook`, secret_token: 'S-e_1' };
    expect(await bench.call('setWebhook', same)).toMatchObject({ description: 'Webhook is already set' });
    expect(await bench.call('deleteWebhook')).toMatchObject({ description: 'Webhook was deleted' });
    expect(await bench.call('deleteWebhook')).toMatchObject({ description: 'Webhook is already deleted' });
    post('kept');
    expect(await bench.call('getWebhookInfo')).toMatchObject({ result: { url: '', pending_update_count: 1 } });
    await bench.call('setWebhook', same);
    await eventually(texts).toEqual(['kept']);
  });

  it('drops pending updates when asked', async () => {
    await bench.call('deleteWebhook');
    post('old');
    await bench.call('setWebhook', { url: receiver.url, drop_pending_updates: true });
    post('new');
    await eventually(texts).toEqual(['new']);
  });

  it('excludes getUpdates', async () => {
    expect(await bench.call('getUpdates')).toMatchObject({
      status: 409,
      description: expect.stringContaining("can't use getUpdates method while webhook is active"),
    });
  });
});

describe('getUpdates', () => {
  let bench: TelegramBench;
  beforeEach(async () => {
    bench = await startTelegramBench();
  });
  afterEach(() => bench.telegram.close());

  const post = (text: string) => bench.telegram.post({ room: group, author: '501', text });
  const poll = async (args: object = {}) => {
    const answer = await bench.call('getUpdates', args);
    return Array.isArray(answer.result) ? answer.result.map((update: { message: { text: string } }) => update.message.text) : answer;
  };

  it('gives the same again until confirmed by an offset', async () => {
    for (const text of ['a', 'b', 'c']) post(text);
    expect(await poll({ limit: 2 })).toEqual(['a', 'b']);
    expect(await poll()).toEqual(['a', 'b', 'c']);
    expect(await poll({ offset: 731_000_003 })).toEqual(['c']);
    expect(await poll({ offset: 0 })).toEqual(['c']);
    post('d');
    expect(await poll({ offset: -1 })).toEqual(['d']);
    expect(await poll()).toEqual(['d']);
  });

  it('waits for an update, and answers empty when none came', async () => {
    const waiting = poll({ timeout: 20 });
    await eventually(() => bench.telegram.calls.length).toBe(1);
    post('there');
    expect(await waiting).toEqual(['there']);
    expect(await poll({ offset: 731_000_002, timeout: 1 })).toEqual([]);
  });

  it('ends the first of two polls, and any poll when a webhook is set', async () => {
    const first = bench.call('getUpdates', { timeout: 20 });
    await eventually(() => bench.telegram.calls.length).toBe(1);
    const second = bench.call('getUpdates', { timeout: 20 });
    expect(await first).toMatchObject({
      status: 409,
      description: expect.stringContaining('Conflict: terminated by other getUpdates request'),
    });
    await bench.call('setWebhook', { url: 'http://127.0.0.1:9/' });
    expect(await second).toMatchObject({ status: 409, description: 'Conflict: terminated by setWebhook request' });
  });

  it('keeps the kinds that were asked for', async () => {
    await poll({ allowed_updates: ['edited_message'] });
    const { id } = post('not asked for');
    bench.telegram.edit({ room: group, message: id, text: 'edit' });
    expect((await bench.call('getUpdates')).result).toMatchObject([{ edited_message: { text: 'edit' } }]);
    await poll({ allowed_updates: [], offset: 731_000_099 });
    post('default again');
    expect(await poll()).toEqual(['default again']);
  });
});

describe('privacy mode', () => {
  it('hides what is neither a command nor a reply to the bot', async () => {
    const { telegram, call } = await startTelegramBench({
      bot: { privacyMode: true },
      rooms: [{ id: group, name: 'R', botIsAdmin: false }],
    });
    const own = await call('sendMessage', { chat_id: group, text: 'q' });
    const post = (text: string, replyTo?: string) => telegram.post({ room: group, author: '501', text, ...(replyTo ? { replyTo } : {}) });
    post('hidden');
    post('/help');
    post('answer', String(own.result?.['message_id']));
    expect((await call('getUpdates')).result).toMatchObject([{ message: { text: '/help' } }, { message: { text: 'answer' } }]);
    expect((await call('getMe')).result).toMatchObject({ can_read_all_group_messages: false });
    await telegram.close();
  });
});
