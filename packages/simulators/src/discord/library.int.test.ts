import { once } from 'node:events';
import { DiscordAPIError, RateLimitError, REST } from '@discordjs/rest';
import { type SessionInfo, WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { type GatewayDispatchPayload, Routes } from 'discord-api-types/v10';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allIntents, type DiscordBench, ids, startDiscordBench, token } from '../testing/discord-client.ts';

/** One run of a program that keeps its session between runs. */
interface Run {
  readonly manager: WebSocketManager;
  readonly events: GatewayDispatchPayload[];
  texts(): string[];
}

describe('with the libraries that discord.js is made of', () => {
  let bench: DiscordBench;
  let rest: REST;
  let stored: SessionInfo | null;
  const runs: Run[] = [];
  beforeEach(async () => {
    bench = await startDiscordBench();
    rest = new REST({ api: bench.discord.url, version: '10', retries: 0, rejectOnRateLimit: () => true }).setToken(token);
    stored = null;
  });
  afterEach(async () => {
    for (const { manager } of runs.splice(0)) await manager.destroy();
    rest.clearHandlerSweeper();
    rest.clearHashSweeper();
    await bench.close();
  });

  const run = async (): Promise<Run> => {
    const manager = new WebSocketManager({
      token,
      intents: allIntents,
      rest,
      retrieveSessionInfo: () => stored,
      updateSessionInfo: (_shard, info) => {
        stored = info;
      },
    });
    const events: GatewayDispatchPayload[] = [];
    manager.on(WebSocketShardEvents.Dispatch, ({ data }) => events.push(data));
    const texts = (): string[] => events.flatMap((event) => (event.t === 'MESSAGE_CREATE' ? [event.d.content] : []));
    const made = { manager, events, texts };
    runs.push(made);
    await manager.connect();
    return made;
  };
  const post = (text: string) => bench.discord.post({ room: ids.room, author: ids.kai, text });

  it('connects, receives and sends', async () => {
    const { events, texts } = await run();
    post('from Kai');
    const sent = await rest.post(Routes.channelMessages(ids.room), { body: { content: 'from the bot', nonce: '1', enforce_nonce: true } });
    await expect.poll(texts).toEqual(['from Kai', 'from the bot']);
    expect(events.map(({ t }) => t)).toEqual(['READY', 'GUILD_CREATE', 'MESSAGE_CREATE', 'MESSAGE_CREATE']);
    expect(sent).toMatchObject({ content: 'from the bot', author: { id: ids.bot } });
  });

  it('throws the errors of Discord', async () => {
    const failed = rest.post(Routes.channelMessages(ids.room), { body: { content: 'x'.repeat(2001) } });
    await expect(failed).rejects.toThrow(/content\[BASE_TYPE_MAX_LENGTH\]: Must be 2000 or fewer in length/);
    await expect(failed).rejects.toMatchObject({ code: 50035, status: 400 });
    await expect(rest.get(Routes.channel('1'))).rejects.toBeInstanceOf(DiscordAPIError);
    bench.discord.faults.add({ fault: { kind: 'rate-limit', retryAfterMs: 1500 }, times: 1 });
    await expect(rest.get(Routes.channel(ids.room))).rejects.toBeInstanceOf(RateLimitError);
  });

  it('puppets by a webhook with a file', async () => {
    const hook = bench.discord.addWebhook({ room: ids.room, name: 'Puppets', applicationId: ids.bot });
    const sent = await rest.post(Routes.webhook(hook.id, hook.token), {
      auth: false,
      query: new URLSearchParams({ wait: 'true' }),
      body: { content: 'hi', username: 'Ana' },
      files: [{ name: 'a.txt', data: Buffer.from('hello') }],
    });
    expect(sent).toMatchObject({ content: 'hi', author: { username: 'Ana' }, attachments: [{ filename: 'a.txt', size: 5 }] });
  });

  it('resumes by itself when the connection breaks', async () => {
    const { manager, texts } = await run();
    const resumed = once(manager, WebSocketShardEvents.Resumed);
    bench.discord.gateway.dropAll();
    post('while away');
    await resumed;
    post('back');
    await expect.poll(texts).toEqual(['while away', 'back']);
    expect(bench.discord.gateway).toMatchObject({ identifies: 1, resumes: 1 });
  });

  it('resumes when it is asked to connect anew', async () => {
    const { manager, texts } = await run();
    const resumed = once(manager, WebSocketShardEvents.Resumed);
    bench.discord.gateway.requestReconnect();
    await resumed;
    post('after');
    await expect.poll(texts).toEqual(['after']);
    expect(bench.discord.gateway.identifies).toBe(1);
  });

  it('resumes in another process from what was stored, and gets what it missed, once and in order', async () => {
    const first = await run();
    post('m1');
    await expect.poll(first.texts).toEqual(['m1']);
    const kept = stored;
    await first.manager.destroy({ code: 4200 });
    stored = kept;
    for (const text of ['m2', 'm3', 'm4']) post(text);
    const second = await run();
    await expect.poll(second.texts).toEqual(['m2', 'm3', 'm4']);
    post('m5');
    await expect.poll(second.texts).toEqual(['m2', 'm3', 'm4', 'm5']);
    expect(second.events.map(({ t }) => t)).not.toContain('READY');
    expect(bench.discord.gateway).toMatchObject({ identifies: 1, resumes: 1 });
  });

  it('identifies anew after a goodbye, as nothing is left to resume', async () => {
    const first = await run();
    const kept = stored;
    await first.manager.destroy();
    post('missed');
    stored = kept;
    const second = await run();
    expect(second.events[0]?.t).toBe('READY');
    expect(second.texts()).toEqual([]);
    expect(bench.discord.gateway).toMatchObject({ identifies: 2, resumes: 0 });
  });
});
