import { expect, it, onTestFinished } from 'vitest';
import { chatView, messageView } from './views.ts';
import { type World, createWorld } from './world.ts';

async function openWorld(): Promise<World> {
  const world = await createWorld();
  onTestFinished(() => world.close());
  return world;
}

it('shows on each platform what a person typed, and gives it back to be edited', async () => {
  const world = await openWorld();
  const bold = { style: 'bold', spans: ['b'] };
  const shown: Readonly<Record<string, readonly unknown[]>> = { cometchat: ['a **b**'], discord: ['a ', bold], telegram: ['a ', bold] };
  for (const chat of world.chats) {
    chat.post(chat.simulator.people[0]?.id ?? '', 'a **b**');
    const [view] = chatView(chat).messages;
    expect([chat.platform, view?.body, view?.written]).toEqual([chat.platform, shown[chat.platform], 'a **b**']);
    chat.edit(view?.id ?? '', 'c **b**');
    expect(chatView(chat).messages[0]).toMatchObject({ text: chat.platform === 'cometchat' ? 'c **b**' : 'c b', written: 'c **b**' });
  }
});

it('keeps nothing of a message that was deleted', async () => {
  const world = await openWorld();
  for (const chat of world.chats) {
    chat.post(chat.simulator.people[0]?.id ?? '', 'secret');
    chat.remove(chatView(chat).messages[0]?.id ?? '');
    const [view] = chatView(chat).messages;
    expect(view).toMatchObject({ deleted: true, text: '', body: [] });
    expect(JSON.stringify(view)).not.toContain('secret');
  }
});

it('lets nobody change by hand what came over the API', async () => {
  const world = await openWorld();
  const [chat] = world.chats;
  if (!chat) throw new Error('no chat');
  chat.post('ana', 'mine');
  const [message] = chat.simulator.messages(chat.room);
  if (!message) throw new Error('no message');
  expect(messageView(chat, { ...message, viaApi: true })).not.toHaveProperty('written');
  expect(messageView(chat, message)).toHaveProperty('written', 'mine');
});

it('says on Telegram that deletes do not cross', async () => {
  const notes = (await openWorld()).chats.map(({ platform, deletedNote }) => [platform, /copies elsewhere stay/.test(deletedNote)]);
  expect(notes).toEqual([
    ['cometchat', false],
    ['discord', false],
    ['telegram', true],
  ]);
});

it('is a world of its own secrets each time, all of them in what the bridge is given', async () => {
  const [one, other] = [await openWorld(), await openWorld()];
  const secrets = (world: World) =>
    Object.entries(world.env)
      .filter(([name]) => /KEY|TOKEN|SECRET/.test(name))
      .map(([, value]) => value);
  expect(secrets(one)).toHaveLength(5);
  expect(secrets(one).filter((value) => secrets(other).includes(value))).toEqual([]);
  for (const name of ['COMETCHAT_API_URL', 'DISCORD_API_URL', 'TELEGRAM_API_URL'])
    expect(one.env[name]).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
});
