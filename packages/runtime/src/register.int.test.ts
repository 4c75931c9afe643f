import { expect, test, vi } from 'vitest';
import { registerWebhooks } from './register.ts';
import { createPigeon, setStage, soon } from './testing/index.ts';

const stage = setStage();
const timing = { firstDelayMs: 5, maxDelayMs: 20 };
const publicUrl = new URL('https://bridge.example/base');

test('each platform’s webhook is registered again and again until it worked, and no longer', async () => {
  const register = vi.fn<(url: URL) => Promise<void>>();
  register.mockRejectedValueOnce(new Error('not yet')).mockRejectedValueOnce(new Error('not yet')).mockResolvedValue();
  const other = vi.fn<() => Promise<void>>().mockResolvedValue();
  const platforms = [createPigeon({ register }), createPigeon({ id: 'raven', register: other }), createPigeon({ id: 'owl' })];
  const { context, lines } = await stage.open({ platforms, publicUrl });
  await registerWebhooks(context, new AbortController().signal, timing);
  expect(register.mock.calls).toEqual([[publicUrl], [publicUrl], [publicUrl]]);
  expect(other).toHaveBeenCalledTimes(1);
  const told = lines.filter((line) => line['platform'] === 'pigeon').map(({ msg, retryInMs }) => [msg, retryInMs]);
  expect(told).toEqual([
    ['webhook is not registered yet', 5],
    ['webhook is not registered yet', 10],
    ['webhook is registered', undefined],
  ]);
});

test('trying ends when the process stops', async () => {
  const register = vi.fn<() => Promise<void>>().mockRejectedValue(new Error('never'));
  const { context } = await stage.open({ platforms: [createPigeon({ register })], publicUrl });
  const stopping = new AbortController();
  const done = registerWebhooks(context, stopping.signal, { firstDelayMs: 5, maxDelayMs: 60_000 });
  await vi.waitFor(() => expect(register.mock.calls.length).toBeGreaterThan(2), soon);
  stopping.abort();
  await done;
});

test('without PUBLIC_URL, or for a platform that another process serves, nothing is registered', async () => {
  const register = vi.fn<() => Promise<void>>().mockResolvedValue();
  const platforms = [createPigeon({ register }), createPigeon({ id: 'raven' })];
  const without = await stage.open({ platforms });
  await registerWebhooks(without.context, new AbortController().signal, timing);
  const elsewhere = await stage.open({ platforms, publicUrl, only: platforms.slice(1).map(({ platform }) => platform.id) });
  await registerWebhooks(elsewhere.context, new AbortController().signal, timing);
  expect(register).not.toHaveBeenCalled();
});
