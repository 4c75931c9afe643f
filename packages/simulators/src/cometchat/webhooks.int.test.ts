import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { startReceiver, type Receiver } from '../testing/receiver.ts';
import { startCometChatBench, webhookLogin, type CometChatBench } from '../testing/cometchat-client.ts';
import type { CometChatSimulatorOptions } from './simulator.ts';
import type { CometChatWebhook } from './webhook.ts';

describe('webhooks', () => {
  let receiver: Receiver;
  let bench: CometChatBench;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => Promise.all([bench.cometchat.close(), receiver.close()]));

  /** What a receiver does may take as long as the machine likes, unless the test is about that. */
  const start = async (options: Partial<CometChatSimulatorOptions> = {}, webhook: Partial<CometChatWebhook> = {}) => {
    bench = await startCometChatBench({
      webhook: { url: receiver.url, ...webhookLogin, ...webhook },
      webhookTimeoutMs: 600_000,
      ...options,
    });
    return bench.cometchat;
  };
  const bodies = () => receiver.received.map(({ body }) => body);
  const texts = () => bodies().map((body) => (body as { data: { message: { data: { text?: string } } } }).data.message.data.text);

  it('tell of what people write, with Basic auth and a capital A', async () => {
    const cometchat = await start();
    cometchat.post({ room: 'lobby', author: 'ana', text: 'hello', metadata: { m: 1 } });
    await eventually(bodies).toMatchObject([
      {
        trigger: 'message_sent',
        appId: 'app1',
        region: 'eu',
        webhook: 'bridge',
        data: {
          message: {
            id: '1',
            sender: 'ana',
            receiver: 'lobby',
            receiverType: 'group',
            category: 'message',
            type: 'text',
            data: { text: 'hello', metadata: { m: 1 }, entities: { sender: { entity: { name: 'Ana Lima' } } } },
          },
        },
      },
    ]);
    expect(receiver.received[0]?.headers).toMatchObject({
      'content-type': 'Application/json',
      authorization: `Basic ${Buffer.from('cometchat:Secret0').toString('base64')}`,
    });
    await eventually(() => cometchat.webhookLog).toMatchObject([{ trigger: 'message_sent', attempt: 1, status: 200 }]);
  });

  it('tell of what comes through the API too, but not of what it refuses', async () => {
    await start();
    await bench.send('', 'ana');
    await bench.send('by the API', 'ana');
    await bench.send('by the system');
    await eventually(texts).toEqual(['by the API', 'by the system']);
    expect(bodies()[1]).toMatchObject({ data: { message: { sender: 'app_system' } } });
  });

  it('may come before the API answers', async () => {
    await start({ echoFirst: true });
    let answeredAt = 0;
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      answeredAt = performance.now();
      return { status: 200 };
    };
    await bench.send('echo', 'ana');
    expect(answeredAt).toBeGreaterThan(0);
    expect(performance.now()).toBeGreaterThan(answeredAt);
  });

  it('do not keep the API waiting otherwise', async () => {
    await start();
    receiver.answer = () => new Promise(() => undefined);
    expect((await bench.send('quick', 'ana')).status).toBe(200);
  });

  it('tell of edits and deletes by action messages', async () => {
    const cometchat = await start();
    const { id } = cometchat.post({ room: 'lobby', author: 'ana', text: 'one' });
    cometchat.edit({ room: 'lobby', message: id, text: 'two' });
    cometchat.remove({ room: 'lobby', message: id });
    await eventually(() => bodies().length).toBe(3);
    expect(bodies().slice(1)).toMatchObject([
      {
        trigger: 'message_edited',
        data: {
          message: {
            id: '2',
            category: 'action',
            data: {
              action: 'edited',
              entities: { on: { entity: { id: '1', data: { text: 'two' }, editedBy: 'ana' }, entityType: 'message' } },
            },
          },
        },
      },
      {
        trigger: 'message_deleted',
        data: {
          message: {
            id: '3',
            category: 'action',
            data: { action: 'deleted', entities: { on: { entity: { id: '1', deletedBy: 'ana' } } } },
          },
        },
      },
    ]);
    expect(cometchat.messages('lobby')).toHaveLength(1);
  });

  it('tell of edits and deletes flat, where so configured', async () => {
    const cometchat = await start({ editShape: 'flat' });
    const { id } = cometchat.post({ room: 'lobby', author: 'ana', text: 'one' });
    cometchat.edit({ room: 'lobby', message: id, text: 'two' });
    cometchat.remove({ room: 'lobby', message: id });
    await eventually(() => bodies().length).toBe(3);
    expect(bodies().slice(1)).toMatchObject([
      { trigger: 'message_edited', data: { message: { id, category: 'message', editedAt: expect.any(Number), data: { text: 'two' } } } },
      { trigger: 'message_deleted', data: { message: { id, category: 'message', deletedBy: 'ana' } } },
    ]);
  });

  it('tell of reactions without saying where', async () => {
    const cometchat = await start();
    const { id } = cometchat.post({ room: 'lobby', author: 'ana', text: 'one' });
    cometchat.react({ room: 'lobby', message: id, author: 'bo', emoji: '🏒' });
    cometchat.react({ room: 'lobby', message: id, author: 'bo', emoji: '🏒', on: false });
    await eventually(() => bodies().length).toBe(3);
    const reaction = { messageId: id, reaction: '🏒', uid: 'bo', reactedAt: expect.any(Number), reactedBy: { uid: 'bo', name: 'Bo' } };
    expect(bodies().slice(1)).toMatchObject([
      { trigger: 'message_reaction_added', data: { reaction } },
      { trigger: 'message_reaction_removed', data: { reaction } },
    ]);
    expect(Object.keys(bodies()[1]?.['data'] as object)).toEqual(['reaction']);
  });

  it('tell of new messages only in legacy mode, in the legacy shape', async () => {
    const cometchat = await start({ webhookVersion: 'legacy' });
    const { id } = cometchat.post({ room: 'bo', author: 'ana', text: 'one' });
    cometchat.edit({ room: 'bo', message: id, text: 'two' });
    cometchat.post({ room: 'bo', author: 'ana', text: 'three' });
    await eventually(() => bodies().length).toBe(2);
    expect(bodies()[0]).toMatchObject({
      trigger: 'after_message',
      data: { id: '1', conversationId: 'ana_user_bo', data: { text: 'one' } },
      appId: 'app1',
      webhook: 'bridge',
    });
    expect(bodies()[0]).not.toHaveProperty('region');
    expect(bodies()[1]).toMatchObject({ data: { data: { text: 'three' } } });
  });

  it('are not sent again by default, whatever the answer', async () => {
    const cometchat = await start({ timeScale: 0.001 });
    receiver.answer = () => ({ status: 500 });
    cometchat.post({ room: 'lobby', author: 'ana', text: 'lost' });
    await eventually(() => cometchat.webhookLog.length).toBe(1);
    receiver.answer = () => ({ status: 200 });
    cometchat.post({ room: 'lobby', author: 'ana', text: 'next' });
    await eventually(texts).toEqual(['lost', 'next']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(texts()).toEqual(['lost', 'next']);
  });

  it('are sent again after 10 s and 30 s where so configured, and then no more; the next does not wait', async () => {
    const cometchat = await start({ timeScale: 0.005 }, { retryOnFailure: true });
    const { promise: passed, resolve: pass } = Promise.withResolvers<void>();
    let bad = 0;
    receiver.answer = async ({ body }) => {
      if (!JSON.stringify(body).includes('bad')) {
        pass();
        return { status: 200 };
      }
      bad += 1;
      // The second one gets no answer before the next message is there.
      if (bad === 2) await passed;
      return { status: 503 };
    };
    cometchat.post({ room: 'lobby', author: 'ana', text: 'bad' });
    cometchat.post({ room: 'lobby', author: 'ana', text: 'good' });
    await eventually(() => cometchat.webhookLog.length).toBe(4);
    expect(texts()).toHaveLength(4);
    expect(texts().filter((text) => text === 'bad')).toHaveLength(3);
    expect(texts().indexOf('good')).toBeLessThan(texts().lastIndexOf('bad'));
    const at = cometchat.webhookLog.filter((attempt) => attempt.status === 503).map((attempt) => attempt.at);
    const waits = [(at[1] ?? 0) - (at[0] ?? 0), (at[2] ?? 0) - (at[1] ?? 0)];
    // Only from below: how much longer than it should a wait lasts is the machine's business.
    expect(waits[0]).toBeGreaterThanOrEqual(49);
    expect(waits[1]).toBeGreaterThanOrEqual(149);
  });

  it('give up on a receiver that is too slow', async () => {
    const cometchat = await start({ webhookTimeoutMs: 60 });
    receiver.answer = () => new Promise(() => undefined);
    cometchat.post({ room: 'lobby', author: 'ana', text: 'slow' });
    await eventually(() => cometchat.webhookLog).toMatchObject([{ error: 'Read timeout expired', attempt: 1 }]);
    expect(cometchat.webhookLog[0]?.latencyMs).toBeGreaterThanOrEqual(55);
  });

  it('come in order within a conversation, or in any order with a seed', async () => {
    const cometchat = await start();
    const numbers = Array.from({ length: 15 }, (_, n) => String(n));
    for (const text of numbers) cometchat.post({ room: 'lobby', author: 'ana', text });
    await eventually(() => bodies().length).toBe(15);
    expect(texts()).toEqual(numbers);
    await cometchat.close();
    const shuffled = await start({ shuffle: 7 });
    for (const text of numbers) shuffled.post({ room: 'lobby', author: 'ana', text });
    await eventually(() => bodies().length).toBe(30);
    expect(texts().slice(15)).not.toEqual(numbers);
    expect(
      texts()
        .slice(15)
        .toSorted((a, b) => Number(a) - Number(b)),
    ).toEqual(numbers);
  });

  it('go where they are told to later, for the triggers that are ticked', async () => {
    const cometchat = await start();
    cometchat.setWebhook(undefined);
    cometchat.post({ room: 'lobby', author: 'ana', text: 'unheard' });
    cometchat.setWebhook({ url: receiver.url, triggers: ['message_edited'] });
    const { id } = cometchat.post({ room: 'lobby', author: 'ana', text: 'not ticked' });
    cometchat.edit({ room: 'lobby', message: id, text: 'ticked' });
    await eventually(() => bodies().map((body) => body['trigger'])).toEqual(['message_edited']);
    expect(receiver.received[0]?.headers).not.toHaveProperty('authorization');
  });

  it('deliver what is injected as it is', async () => {
    const cometchat = await start();
    await cometchat.injectWebhook({ trigger: 'user_mentioned', odd: [1] }, { Authorization: 'Basic wrong' });
    expect(receiver.received[0]).toMatchObject({
      body: { trigger: 'user_mentioned', odd: [1] },
      headers: { authorization: 'Basic wrong' },
    });
  });
});
