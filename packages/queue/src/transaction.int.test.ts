import { describe, expect, it, vi } from 'vitest';
import { setStage, soon } from './fixtures/stage.ts';
import { addForeignScript, addScript, defineScripts } from './scripts.ts';
import { beginTransaction, transact, untilAnswered } from './transaction.ts';

const stage = setStage();

describe('a transaction', () => {
  it('runs our scripts and plain commands as one, without carrying every script', async () => {
    const { redis, keys } = await stage.rig();
    defineScripts(redis);
    const transaction = beginTransaction(redis);
    expect(Object.keys(transaction).filter((name) => name.includes('mailbox_') || name.includes(':'))).toEqual([]);
    addScript(transaction, 'append', { keys: [keys.seen('a', '1'), keys.mailbox('q', 'm'), keys.ready('q')], args: ['e\n{}', 'm', 60] });
    transaction.llen(keys.mailbox('q', 'm'));
    expect(await transaction.exec()).toEqual([
      [null, 1],
      [null, 1],
    ]);
  });

  it('answers for its own commands, and reports what fails beside them', async () => {
    const { redis, prefix } = await stage.rig();
    const reported: string[] = [];
    await redis.set(prefix, 'text');
    const answers = await transact(redis, {
      own: (transaction) => void transaction.incr(`${prefix}-n`),
      also: (transaction) => void transaction.rpush(prefix, 'x').incr(`${prefix}-n`),
      onAlsoFailed: (error) => reported.push(String(error)),
    });
    expect(answers).toEqual([1]);
    expect(reported).toEqual([expect.stringContaining('WRONGTYPE')]);
    expect(await redis.get(`${prefix}-n`)).toBe('2');
  });

  it('fails when one of its own commands does', async () => {
    const { redis, prefix } = await stage.rig();
    await redis.set(prefix, 'text');
    await expect(transact(redis, { own: (transaction) => void transaction.rpush(prefix, 'x') })).rejects.toThrow('WRONGTYPE');
  });

  it('names a script that is not there', async () => {
    const { redis } = await stage.rig();
    expect(() => addScript(beginTransaction(redis), 'append', { keys: [], args: [] })).toThrow(/defineScripts/);
  });
});

describe('a script of somebody else', () => {
  it('runs beside a transaction, also after Redis forgot all scripts', async () => {
    const { redis, prefix } = await stage.rig();
    const script = { name: 'test_count', lua: "return redis.call('INCR', KEYS[1])" };
    const count = () =>
      transact(redis, {
        own: (transaction) => void transaction.ping(),
        also: (transaction) => addForeignScript(transaction, script, { keys: [prefix], args: [] }),
      });
    await count();
    expect(await redis.get(prefix)).toBe('1');
    await redis.script('FLUSH');
    await vi.waitFor(async () => {
      await count();
      expect(await redis.get(prefix)).not.toBe('1');
    }, soon);
  });
});

describe('untilAnswered', () => {
  const never = new AbortController().signal;

  it('repeats what a lost connection interrupted', async () => {
    let calls = 0;
    const step = async () => {
      calls += 1;
      if (calls < 3) throw new Error('Connection is closed.');
      return calls;
    };
    expect(await untilAnswered(step, never)).toBe(3);
  });

  it('does not repeat what cannot be mended', async () => {
    let calls = 0;
    const step = async () => {
      calls += 1;
      throw new Error('WRONGTYPE Operation against a key');
    };
    await expect(untilAnswered(step, never)).rejects.toThrow('WRONGTYPE');
    expect(calls).toBe(1);
  });

  it('gives up when told', async () => {
    await expect(untilAnswered(() => Promise.reject(new Error('Connection is closed.')), AbortSignal.abort())).rejects.toThrow('closed');
  });
});
