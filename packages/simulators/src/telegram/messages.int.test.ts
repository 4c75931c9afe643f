import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SimChange } from '../types.ts';
import { forum, group, smallGroup, startTelegramBench, type TelegramBench } from '../testing/telegram-client.ts';

describe('messages', () => {
  let bench: TelegramBench;
  beforeEach(async () => {
    bench = await startTelegramBench();
  });
  afterEach(() => bench.telegram.close());

  const send = (args: object) => bench.call('sendMessage', { chat_id: group, text: 'hi', ...args });
  const sent = async (args: object = {}) => Number((await send(args)).result?.['message_id']);

  it('are sent as the bot and seen in the room', async () => {
    const changes: SimChange[] = [];
    bench.telegram.onChange((change) => changes.push(change));
    const answer = await send({ text: ' bold ', entities: [{ type: 'bold', offset: 1, length: 4 }] });
    expect(answer.result).toMatchObject({
      message_id: 1,
      text: 'bold',
      from: { is_bot: true },
      chat: { id: Number(group), type: 'supergroup' },
    });
    expect(bench.telegram.messages(group)).toEqual([changes[0]?.message]);
    expect(changes[0]).toMatchObject({
      kind: 'posted',
      message: {
        text: 'bold',
        viaApi: true,
        deleted: false,
        author: { isBot: true },
        source: { entities: [{ type: 'bold', offset: 0, length: 4 }] },
      },
    });
  });

  it.each([
    [{ text: '' }, 400, 'Bad Request: message text is empty'],
    [{ text: '  ' }, 400, 'Bad Request: text must be non-empty'],
    [{ text: 'x'.repeat(4097) }, 400, 'Bad Request: message is too long'],
    [{ chat_id: '' }, 400, 'Bad Request: chat_id is empty'],
    [{ chat_id: 12345 }, 400, 'Bad Request: chat not found'],
    [{ chat_id: '@nobody' }, 400, 'Bad Request: chat not found'],
    [
      { entities: [{ type: 'bold', offset: 0, length: 9 }] },
      400,
      'Bad Request: entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 9',
    ],
    [{ entities: [{ type: 'shiny', offset: 0, length: 1 }] }, 400, "Bad Request: can't parse MessageEntity: Unsupported type specified"],
    [{ entities: [{ type: 'text_link', offset: 0, length: 1 }] }, 400, `Bad Request: can't parse MessageEntity: Can't find field "url"`],
    [
      { entities: [{ type: 'text_link', offset: 0, length: 1, url: 'javascript:x' }] },
      400,
      "Bad Request: entity URL 'javascript:x' is invalid",
    ],
    [{ entities: ['bold'] }, 400, "Bad Request: can't parse MessageEntity: expected an Object"],
    [{ parse_mode: 'bbcode' }, 400, 'Bad Request: unsupported parse_mode'],
    [{ parse_mode: 'HTML', text: '<p>x' }, 400, `Bad Request: can't parse entities: Unsupported start tag "p" at byte offset 0`],
    [{ reply_parameters: { message_id: 99 } }, 400, 'Bad Request: message to be replied not found'],
    [{ reply_parameters: 'x' }, 400, "Bad Request: can't parse reply parameters JSON object"],
    [{ reply_parameters: [] }, 400, 'Bad Request: object expected as reply parameters'],
    [{ link_preview_options: 1 }, 400, 'Bad Request: object expected as link preview options'],
    [{ chat_id: forum, message_thread_id: 8 }, 400, 'Bad Request: message thread not found'],
    [{ chat_id: forum, message_thread_id: 1 }, 400, 'Bad Request: message thread not found'],
  ])('are refused (%#)', async (args, status, description) => {
    expect(await send(args)).toMatchObject({ status, ok: false, error_code: status, description });
    expect(bench.telegram.messages(group)).toEqual([]);
  });

  it('go without entities that the server finds by itself, and with those of parse_mode', async () => {
    expect((await send({ text: '@ana', entities: [{ type: 'mention', offset: 0, length: 99 }] })).result).toMatchObject({
      entities: [{ type: 'mention', offset: 0, length: 4 }],
    });
    expect((await send({ text: '<b>a</b>', parse_mode: 'html' })).result).toMatchObject({ text: 'a', entities: [{ type: 'bold' }] });
    expect((await send({ text: '*a*', parse_mode: 'MarkdownV2' })).result).toMatchObject({ text: 'a', entities: [{ type: 'bold' }] });
  });

  it('reply to messages', async () => {
    const first = await sent();
    expect((await send({ reply_parameters: { message_id: first } })).result).toMatchObject({
      reply_to_message: { message_id: first, text: 'hi' },
    });
    expect(bench.telegram.messages(group)[1]?.source).toMatchObject({ replyTo: first });
    const alone = await send({ reply_parameters: { message_id: 99, allow_sending_without_reply: true } });
    expect(alone.result).not.toHaveProperty('reply_to_message');
    expect(await send({ reply_parameters: { message_id: first, quote: 'other' } })).toMatchObject({
      description: 'Bad Request: QUOTE_TEXT_INVALID',
    });
  });

  it('go into topics, whose first message they then reply to; outside of forums a topic is ignored', async () => {
    const { result } = await send({ chat_id: forum, message_thread_id: 7 });
    expect(result).toMatchObject({
      message_thread_id: 7,
      is_topic_message: true,
      reply_to_message: { message_id: 7, forum_topic_created: { name: 'News' } },
    });
    expect((await send({ chat_id: forum })).result).not.toHaveProperty('message_thread_id');
    expect((await send({ message_thread_id: 7 })).result).not.toHaveProperty('message_thread_id');
  });

  it('are edited by the bot alone, and only when something changes', async () => {
    const id = await sent({ entities: [{ type: 'bold', offset: 0, length: 2 }] });
    const edit = (args: object) => bench.call('editMessageText', { chat_id: group, message_id: id, text: 'ho', ...args });
    expect(await edit({ text: 'hi', entities: [{ type: 'bold', offset: 0, length: 2 }] })).toMatchObject({
      status: 400,
      description: expect.stringContaining('message is not modified: specified new message content'),
    });
    expect((await edit({ text: 'hi' })).result).toMatchObject({ message_id: id, text: 'hi', edit_date: expect.any(Number) });
    expect((await edit({})).result).not.toHaveProperty('entities');
    expect(bench.telegram.messages(group)[0]).toMatchObject({ text: 'ho', editedAt: expect.any(Number) });
    expect(await edit({ message_id: 99 })).toMatchObject({ description: 'Bad Request: message to edit not found' });
    const other = bench.telegram.post({ room: group, author: '501', text: 'mine' });
    expect(await edit({ message_id: Number(other.id) })).toMatchObject({ description: "Bad Request: message can't be edited" });
    expect(await bench.call('editMessageText', { text: 'x' })).toMatchObject({
      description: 'Bad Request: message identifier is not specified',
    });
  });

  it('are deleted once; those of others by administrators', async () => {
    const id = await sent();
    const remove = (args: object) => bench.call('deleteMessage', { chat_id: group, message_id: id, ...args });
    expect(await remove({})).toMatchObject({ ok: true, result: true });
    expect(bench.telegram.messages(group)[0]).toMatchObject({ deleted: true });
    expect(await remove({})).toMatchObject({ status: 400, description: 'Bad Request: message to delete not found' });
    expect(await remove({ message_id: undefined })).toMatchObject({ description: 'Bad Request: message identifier is not specified' });
    const other = Number(bench.telegram.post({ room: group, author: '501', text: 'mine' }).id);
    bench.telegram.setBotStatus(group, 'member');
    expect(await remove({ message_id: other })).toMatchObject({ description: "Bad Request: message can't be deleted" });
    bench.telegram.setBotStatus(group, 'administrator');
    expect(await remove({ message_id: other })).toMatchObject({ ok: true });
  });

  it('are deleted together, unknown ones skipped', async () => {
    const ids = [await sent(), 99, await sent()];
    expect(await bench.call('deleteMessages', { chat_id: group, message_ids: ids })).toMatchObject({ ok: true });
    expect(bench.telegram.messages(group).every((message) => message.deleted)).toBe(true);
    expect(await bench.call('deleteMessages', { chat_id: group, message_ids: Array.from({ length: 101 }, (_, n) => n + 1) })).toMatchObject(
      { description: 'Bad Request: too many message identifiers specified' },
    );
    expect(await bench.call('deleteMessages', { chat_id: group, message_ids: [0] })).toMatchObject({
      description: 'Bad Request: invalid message identifier specified',
    });
    expect(await bench.call('deleteMessages', { chat_id: group })).toMatchObject({
      description: 'Bad Request: message identifiers are not specified',
    });
  });

  it('get one reaction of the bot, out of the allowed ones', async () => {
    const id = await sent();
    const react = (emoji: readonly string[]) =>
      bench.call('setMessageReaction', { chat_id: group, message_id: id, reaction: emoji.map((one) => ({ type: 'emoji', emoji: one })) });
    expect(await react(['👍'])).toMatchObject({ ok: true });
    expect(bench.telegram.messages(group)[0]?.source).toMatchObject({ reactions: { 42: ['👍'] } });
    expect(await react(['🦖'])).toMatchObject({ description: 'Bad Request: REACTION_INVALID' });
    expect(await react(['👍', '👎'])).toMatchObject({ description: 'Bad Request: REACTIONS_TOO_MANY' });
    expect(await react([])).toMatchObject({ ok: true });
    expect(bench.telegram.messages(group)[0]?.source).toMatchObject({ reactions: {} });
  });

  it('are refused where the bot was removed', async () => {
    bench.telegram.setBotStatus(group, 'kicked');
    expect(await send({})).toMatchObject({ status: 403, description: 'Forbidden: bot was kicked from the supergroup chat' });
    bench.telegram.setBotStatus(smallGroup, 'left');
    expect(await send({ chat_id: smallGroup })).toMatchObject({
      status: 403,
      description: 'Forbidden: bot is not a member of the group chat',
    });
    bench.telegram.setBotStatus('501', 'kicked');
    expect(await send({ chat_id: 501 })).toMatchObject({ status: 403, description: 'Forbidden: bot was blocked by the user' });
  });

  it('are refused by a group that became a supergroup, with its new id', async () => {
    const next = bench.telegram.upgradeToSupergroup(smallGroup);
    expect(await send({ chat_id: smallGroup })).toMatchObject({
      status: 400,
      description: 'Bad Request: group chat was upgraded to a supergroup chat',
      parameters: { migrate_to_chat_id: Number(next) },
    });
    expect(await send({ chat_id: next })).toMatchObject({ ok: true });
  });
});

describe('flood limits', () => {
  it('refuse with the seconds to wait, and only when switched on', async () => {
    const limited = await startTelegramBench({ limits: true });
    const free = await startTelegramBench();
    const burst = (bench: TelegramBench) =>
      Promise.all(Array.from({ length: 8 }, () => bench.call('sendMessage', { chat_id: group, text: 'x' })));
    const answers = await burst(limited);
    expect(answers.filter((answer) => answer.ok)).toHaveLength(5);
    const refused = answers.find((answer) => !answer.ok);
    expect(refused).toMatchObject({
      status: 429,
      error_code: 429,
      description: expect.stringMatching(/^Too Many Requests: retry after [1-5]$/),
    });
    expect(refused?.parameters?.['retry_after']).toBeGreaterThan(0);
    expect(await limited.call('sendMessage', { chat_id: forum, text: 'another chat' })).toMatchObject({ ok: true });
    expect((await burst(free)).every((answer) => answer.ok)).toBe(true);
    await Promise.all([limited.telegram.close(), free.telegram.close()]);
  });
});
