import { conversationId } from '@bridge/core';
import { expect, test } from 'vitest';
import { createClient } from './api.ts';
import { groupId, startTelegram, token } from './fixtures/bridge.ts';
import { createSender } from './send.ts';

test('that somebody writes is shown, in a topic too, and a refusal is an error', async () => {
  const telegram = await startTelegram();
  const sender = createSender(createClient({ token, apiRoot: telegram.url }));
  const show = async (conversation: string) => sender.showTyping?.(conversationId(conversation), AbortSignal.timeout(20_000));
  try {
    await show(groupId);
    await show(`${groupId}/7`);
    await expect(show('-1')).rejects.toThrow();
    expect(telegram.calls.map(({ path, status }) => [path, status])).toEqual([
      ['/sendChatAction', 200],
      ['/sendChatAction', 200],
      ['/sendChatAction', 400],
    ]);
    expect(telegram.violations).toEqual([]);
  } finally {
    await sender.close();
    await telegram.close();
  }
});
