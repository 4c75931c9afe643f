import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectGateway, type DiscordBench, type GatewayClient, ids, startDiscordBench } from '../testing/discord-client.ts';
import type { DiscordSimulatorOptions } from './simulator.ts';

describe('gateway, when connections break', () => {
  let bench: DiscordBench;
  const clients: GatewayClient[] = [];
  const start = async (options: Partial<DiscordSimulatorOptions> = {}): Promise<void> => {
    await bench.close();
    bench = await startDiscordBench(options);
  };
  const connect = async (query?: string): Promise<GatewayClient> => {
    const client = await connectGateway(bench.discord, query);
    clients.push(client);
    return client;
  };
  /** Connected, and with READY and GUILD_CREATE behind it. */
  const identified = async (overrides: object = {}): Promise<{ client: GatewayClient; sessionId: string }> => {
    const client = await connect();
    client.identify(overrides);
    const ready = await client.event('READY');
    return { client, sessionId: ready.d.session_id };
  };
  const post = (text: string, author: string = ids.kai) => bench.discord.post({ room: ids.room, author, text });

  beforeEach(async () => {
    bench = await startDiscordBench();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.terminate();
    await bench.close();
  });

  describe('resuming', () => {
    it('replays what was missed, in order and once, then says RESUMED', async () => {
      const { client, sessionId } = await identified();
      post('before');
      const last = await client.event('MESSAGE_CREATE');
      bench.discord.gateway.dropAll();
      expect(await client.closed).toBe(1006);
      for (const text of ['m1', 'm2', 'm3']) post(text);
      const again = await connect();
      again.resume(sessionId, last.s ?? 0);
      const resumed = await again.event('RESUMED');
      expect(again.events('MESSAGE_CREATE').map(({ s, d }) => [s, d.content])).toEqual([
        [4, 'm1'],
        [5, 'm2'],
        [6, 'm3'],
      ]);
      expect(resumed.s).toBe(7);
      post('after');
      expect(await again.next(({ d }) => d?.content === 'after')).toMatchObject({ s: 8 });
      expect(again.events('READY', 'GUILD_CREATE')).toEqual([]);
      expect(bench.discord.gateway).toMatchObject({ identifies: 1, resumes: 1, connections: 1 });
    });

    it('replays again what a client did not keep, without the ends of earlier replays', async () => {
      const { client, sessionId } = await identified();
      client.socket.terminate();
      post('m1');
      const second = await connect();
      second.resume(sessionId, 2);
      await second.event('RESUMED');
      second.socket.terminate();
      post('m2');
      const third = await connect();
      third.resume(sessionId, 2);
      await third.event('RESUMED');
      expect(third.received.slice(1).map(({ t, s }) => [t, s])).toEqual([
        ['MESSAGE_CREATE', 3],
        ['MESSAGE_CREATE', 5],
        ['RESUMED', 6],
      ]);
    });

    it.each([1000, 1001])('ends the session when the client closes with %d', async (code) => {
      const { client, sessionId } = await identified();
      client.socket.close(code);
      await client.closed;
      await expect.poll(() => bench.discord.gateway.sessions).toEqual([]);
      const again = await connect();
      again.resume(sessionId, 2);
      expect(await again.op(9)).toMatchObject({ d: false });
      again.identify();
      expect((await again.event('READY')).d.session_id).not.toBe(sessionId);
    });

    it.each([4000, 4200, 3000])('keeps the session when the client closes with %d', async (code) => {
      const { client, sessionId } = await identified();
      client.socket.close(code);
      await client.closed;
      const again = await connect();
      again.resume(sessionId, 2);
      expect(await again.event('RESUMED')).toBeDefined();
    });

    it.each([1000, 1001, 4000])('keeps the session when the server closes with %d', async (code) => {
      const { client, sessionId } = await identified();
      bench.discord.gateway.dropAll(code);
      expect(await client.closed).toBe(code);
      expect(bench.discord.gateway.sessions).toMatchObject([{ id: sessionId }]);
    });

    it('closes on a sequence that never was, and ends the session', async () => {
      const { client, sessionId } = await identified();
      client.socket.terminate();
      const again = await connect();
      again.resume(sessionId, 99);
      expect(await again.closed).toBe(4007);
      expect(bench.discord.gateway.sessions).toEqual([]);
    });

    it('forgets a session after its time, and events beyond what it keeps', async () => {
      await start({ sessionTimeoutMs: 30, replayCapacity: 2 });
      const { client, sessionId } = await identified();
      for (const text of ['m1', 'm2', 'm3', 'm4', 'm5']) post(text);
      await client.next(({ d }) => d?.content === 'm5');
      const late = await connect();
      late.resume(sessionId, 2);
      expect(await late.op(9)).toMatchObject({ d: false });
      const { client: other } = await identified();
      other.socket.terminate();
      await expect.poll(() => bench.discord.gateway.sessions).toEqual([]);
    });

    it('replays all that it keeps, however much went before', async () => {
      await start({ replayCapacity: 2 });
      const { client, sessionId } = await identified();
      for (let n = 3; n < 20; n += 1) post(`m${n}`);
      await client.next(({ s }) => s === 19);
      const again = await connect();
      again.resume(sessionId, 17);
      await again.event('RESUMED');
      expect(again.events('MESSAGE_CREATE').map(({ s, d }) => [s, d.content])).toEqual([
        [18, 'm18'],
        [19, 'm19'],
      ]);
    });

    it('moves the session to the newer of two connections', async () => {
      const { client, sessionId } = await identified();
      const again = await connect();
      again.resume(sessionId, 2);
      await again.event('RESUMED');
      expect(await client.closed).toBe(4000);
      post('hi');
      expect((await again.event('MESSAGE_CREATE')).d.content).toBe('hi');
      expect(bench.discord.gateway.sessions).toMatchObject([{ connected: true, resumes: 1 }]);
    });

    it('asks to reconnect, for a heartbeat, and to identify anew', async () => {
      const { client } = await identified();
      bench.discord.gateway.requestReconnect();
      expect(await client.op(7)).toMatchObject({ d: null });
      bench.discord.gateway.requestHeartbeat();
      expect(await client.op(1)).toMatchObject({ d: null });
      bench.discord.gateway.invalidateSessions(true);
      expect(await client.op(9)).toMatchObject({ d: true });
      expect(bench.discord.gateway.sessions).toHaveLength(1);
      bench.discord.gateway.invalidateSessions();
      expect(await client.op(9)).toMatchObject({ d: false });
      expect(bench.discord.gateway.sessions).toEqual([]);
    });

    it('plays dead: nothing is sent, not even an ACK, and a resume brings it all', async () => {
      const { client, sessionId } = await identified();
      bench.discord.gateway.setMuted(true);
      client.send({ op: 1, d: 2 });
      post('unheard');
      await expect.poll(() => bench.discord.gateway.sessions[0]?.acknowledged).toBe(2);
      expect(client.received.filter(({ op, t }) => op === 11 || t === 'MESSAGE_CREATE')).toEqual([]);
      client.socket.close(4000);
      await client.closed;
      bench.discord.gateway.setMuted(false);
      const again = await connect();
      again.resume(sessionId, 2);
      expect((await again.event('MESSAGE_CREATE')).d.content).toBe('unheard');
    });
  });
});
