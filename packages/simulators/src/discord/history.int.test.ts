import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DiscordBench, ids, startDiscordBench } from '../testing/discord-client.ts';
import { permissionNames } from './permissions.ts';

const path = `/channels/${ids.room}/messages`;

describe('history and reactions over REST', () => {
  let bench: DiscordBench;
  beforeAll(async () => {
    bench = await startDiscordBench({ nonceMemoryMs: 60_000 });
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    for (const room of [ids.room, ids.thread])
      bench.discord.setPermissions(room, Object.fromEntries(permissionNames.map((name) => [name, true])));
  });

  const personal = (text: string): string => bench.discord.post({ room: ids.room, author: ids.kai, text }).id;
  const fieldError = (code: string, message: string | RegExp = /./) => ({
    _errors: [{ code, message: message instanceof RegExp ? expect.stringMatching(message) : message }],
  });

  describe('reactions', () => {
    it('adds, lists and removes them, by people too', async () => {
      const id = personal('react');
      const emoji = `${path}/${id}/reactions/${encodeURIComponent('🎉')}`;
      expect((await bench.call(`PUT ${emoji}/@me`)).status).toBe(204);
      expect((await bench.call(`PUT ${emoji}/@me`)).status).toBe(204);
      bench.discord.react({ room: ids.room, message: id, author: ids.kai, emoji: '🎉' });
      expect((await bench.call(`GET ${emoji}`)).body).toMatchObject([{ id: ids.bot }, { id: ids.kai }]);
      expect((await bench.call(`GET ${emoji}?after=${ids.bot}&limit=1`)).body).toMatchObject([{ id: ids.kai }]);
      expect((await bench.call(`GET ${path}/${id}`)).body.reactions).toMatchObject([
        { emoji: { id: null, name: '🎉' }, count: 2, me: true },
      ]);
      expect((await bench.call(`DELETE ${emoji}/@me`)).status).toBe(204);
      expect((await bench.call(`DELETE ${emoji}/${ids.kai}`)).status).toBe(204);
      expect((await bench.call(`GET ${path}/${id}`)).body.reactions).toBeUndefined();
    });

    it.each([['x'], ['👍👍'], ['%E0%A4'], ['a:b']])('does not know the emoji %s', async (emoji) => {
      expect(
        await bench.call(`PUT ${path}/${personal('x')}/reactions/${emoji.startsWith('%') ? emoji : encodeURIComponent(emoji)}/@me`),
      ).toMatchObject({ status: 400, body: { code: 10014 } });
    });

    it('takes twenty emoji, and new ones only with permission', async () => {
      const id = personal('x');
      const put = (n: number) => bench.call(`PUT ${path}/${id}/reactions/${encodeURIComponent(`e_${n}:${n + 1}`)}/@me`);
      for (let n = 0; n < 20; n += 1) expect((await put(n)).status).toBe(204);
      expect((await put(20)).body.code).toBe(30010);
      bench.discord.setPermissions(ids.room, { ADD_REACTIONS: false });
      expect((await bench.call(`PUT ${path}/${personal('y')}/reactions/${encodeURIComponent('👍')}/@me`)).body.code).toBe(50013);
    });
  });

  describe('history', () => {
    let sent: string[] = [];
    const at = (index: number): string => sent[index] ?? '';
    const list = async (query: string): Promise<string[]> =>
      (await bench.call(`GET /channels/${ids.other}/messages${query}`)).body.map(({ id }: { id: string }) => id);
    beforeAll(() => {
      for (const { id, deleted } of bench.discord.messages(ids.other)) if (!deleted) bench.discord.remove({ room: ids.other, message: id });
      sent = Array.from({ length: 120 }, (_, n) => bench.discord.post({ room: ids.other, author: ids.kai, text: `h${n}` }).id);
      bench.discord.remove({ room: ids.other, message: sent.splice(60, 1)[0] ?? '' });
    });

    it('is newest first, 50 unless told otherwise', async () => {
      expect(await list('')).toEqual(sent.slice(-50).reverse());
      expect(await list('?limit=100')).toEqual(sent.slice(-100).reverse());
    });

    it('gives the first ones after an id, newest first, and pages to the end', async () => {
      expect(await list(`?after=${at(9)}&limit=3`)).toEqual([at(12), at(11), at(10)]);
      const all: string[] = [];
      for (let last = '0', page = ['x']; page.length > 0; last = all.at(-1) ?? '0') {
        page = await list(`?after=${last}&limit=50`);
        all.push(...page.toReversed());
      }
      expect(all).toEqual(sent);
    });

    it('gives those before and around an id', async () => {
      expect(await list(`?before=${at(10)}&limit=2`)).toEqual([at(9), at(8)]);
      expect(await list(`?around=${at(10)}&limit=4`)).toEqual([at(11), at(10), at(9), at(8)]);
      expect(await list(`?before=${at(0)}`)).toEqual([]);
      expect(await list(`?after=${at(118)}`)).toEqual([]);
    });

    it.each([
      ['?limit=0', { limit: fieldError('NUMBER_TYPE_MIN', 'int value should be greater than or equal to 1.') }],
      ['?limit=101', { limit: fieldError('NUMBER_TYPE_MAX', 'int value should be less than or equal to 100.') }],
      ['?limit=x', { limit: fieldError('NUMBER_TYPE_COERCE', 'Value "x" is not int.') }],
      ['?after=x', { after: fieldError('NUMBER_TYPE_COERCE', 'Value "x" is not snowflake.') }],
      ['?after=1&before=2', fieldError('MUTUALLY_EXCLUSIVE')],
    ])('refuses %s', async (query, errors) => {
      expect(await bench.call(`GET /channels/${ids.other}/messages${query}`)).toMatchObject({ status: 400, body: { code: 50035, errors } });
    });

    it('is empty without permission to read it', async () => {
      bench.discord.setPermissions(ids.other, { READ_MESSAGE_HISTORY: false });
      expect(await list('')).toEqual([]);
      expect((await bench.call(`GET /channels/${ids.other}/messages/${at(0)}`)).body.code).toBe(50013);
      bench.discord.setPermissions(ids.other, { READ_MESSAGE_HISTORY: true });
    });
  });
});
