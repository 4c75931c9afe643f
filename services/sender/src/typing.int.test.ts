import { conversationId, platformId } from '@bridge/core';
import { type TestContext, createPigeon, setStage, soon } from '@bridge/runtime/testing';
import { expect, test, vi } from 'vitest';
import { role } from './index.ts';

const stage = setStage();
const target = (conversation: string) => ({ platform: platformId('raven'), conversation: conversationId(conversation) });

async function startSender(shown: string[], prefix?: string): Promise<TestContext & { stop(): Promise<void> }> {
  const showTyping = async (conversation: string) => {
    shown.push(conversation);
    if (conversation === 'closed') throw new Error('no entry');
  };
  const opened = await stage.open({
    platforms: [createPigeon(), createPigeon({ id: 'raven', showTyping })],
    ...(prefix === undefined ? {} : { prefix }),
  });
  const running = await role.start(opened.context);
  stage.afterwards(() => running.stop(500));
  return { ...opened, stop: () => running.stop(500) };
}

const listening = async ({ redis, prefix }: TestContext, count: number) =>
  vi.waitFor(async () => expect(await redis.call('PUBSUB', 'NUMSUB', `{${prefix}:0}:typing`)).toEqual([expect.any(String), count]), soon);

test('of several senders one shows that somebody writes, and not again at once; what fails is let be', async () => {
  const shown: string[] = [];
  const first = await startSender(shown);
  const second = await startSender(shown, first.prefix);
  await listening(first, 2);
  const { typing } = first.context;
  for (const conversation of ['a', 'a', 'closed', 'a']) typing.tell(target(conversation));
  // Nobody here can show it.
  typing.tell({ ...target('a'), platform: platformId('pigeon') });
  typing.tell(target('end'));
  await vi.waitFor(() => expect(shown.length).toBeGreaterThan(2), soon);
  await vi.waitFor(
    () => expect([...first.lines, ...second.lines].map(({ msg }) => msg)).toContain('that somebody writes could not be shown'),
    soon,
  );
  expect(shown.toSorted()).toEqual(['a', 'closed', 'end']);
  await first.stop();
  await listening(first, 1);
});

test('a sender hears again after Redis was away', async () => {
  const shown: string[] = [];
  const sender = await startSender(shown);
  await listening(sender, 1);
  await sender.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  // What is told while nobody listens is lost.
  await vi.waitFor(() => {
    sender.context.typing.tell(target('a'));
    expect(shown).toEqual(['a']);
  }, soon);
});
