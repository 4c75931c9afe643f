import { describe, expect, it } from 'vitest';
import { type SandboxPage, openSandboxPage } from './testing/sandbox-page.ts';

const people = { cometchat: 'ana', discord: '1300000000000000001', telegram: '700000001' } as const;
const chatOf = ({ world }: SandboxPage, platform: string) => {
  const chat = world.chats.find((candidate) => candidate.platform === platform);
  if (!chat) throw new Error(platform);
  return chat;
};
const messagesOf = (page: SandboxPage, platform: string) => chatOf(page, platform).simulator.messages(chatOf(page, platform).room);
const refusal = async (response: Response) => [response.status, await response.json()];

describe.each(Object.entries(people))('a person on %s', (platform, author) => {
  it('writes, changes and deletes a message', async () => {
    const page = await openSandboxPage();
    const posted = await page.write('POST', { platform, author, text: 'hello' });
    expect([posted.status, await posted.json()]).toEqual([200, { ok: true }]);
    expect(messagesOf(page, platform)).toMatchObject([{ author: { id: author }, text: 'hello', viaApi: false, deleted: false }]);

    const message = messagesOf(page, platform)[0]?.id;
    expect((await page.write('PUT', { platform, message, text: 'hello again' })).status).toBe(200);
    expect(messagesOf(page, platform)).toMatchObject([{ id: message, text: 'hello again', editedAt: expect.any(Number) }]);

    expect((await page.write('DELETE', { platform, message })).status).toBe(200);
    expect(messagesOf(page, platform)).toMatchObject([{ id: message, deleted: true }]);
  });
});

it('turns what is typed on Telegram into what its apps send', async () => {
  const page = await openSandboxPage();
  await page.write('POST', { platform: 'telegram', author: people.telegram, text: '**bold** move' });
  expect(messagesOf(page, 'telegram')).toMatchObject([
    { text: 'bold move', source: { entities: [{ type: 'bold', offset: 0, length: 4 }] } },
  ]);
});

describe('what cannot be done is refused in a sentence', () => {
  const post = { platform: 'discord', author: people.discord, text: 'hello' };
  it.each<[string, string, unknown, RegExp]>([
    ['nothing written', 'POST', { ...post, text: ' \n' }, /^That cannot be sent: write something first\.$/],
    ['too much written', 'POST', { ...post, text: 'a'.repeat(10_001) }, /^That cannot be sent: write at most 10,000 characters\.$/],
    ['a field missing', 'POST', { platform: 'discord' }, /^That cannot be sent: a field of the request is missing\.$/],
    ['no chat of that name', 'POST', { ...post, platform: 'icq' }, /^There is no chat icq; choose cometchat, discord, telegram\.$/],
    ['nobody of that name', 'POST', { ...post, author: '1' }, /1/],
    ['an edit of no message', 'PUT', { platform: 'telegram', message: '99', text: 'x' }, /99/],
    ['an empty edit', 'PUT', { platform: 'telegram', message: '1', text: '' }, /write something first/],
    ['a delete of no message', 'DELETE', { platform: 'cometchat', message: '99' }, /99/],
  ])('%s', async (_name, method, body, sentence) => {
    const page = await openSandboxPage();
    const response = await page.write(method, body);
    expect(await refusal(response)).toEqual([422, { error: { code: expect.any(String), message: expect.stringMatching(sentence) } }]);
    for (const { platform } of page.world.chats) expect(messagesOf(page, platform)).toEqual([]);
  });

  it('a body that is no JSON', async () => {
    const page = await openSandboxPage();
    expect((await page.write('POST', '{"platform":')).status).toBe(400);
    expect((await page.write('POST', 'hello', { 'content-type': 'text/plain' })).status).toBe(422);
    expect((await page.write('POST', `"${'a'.repeat(9_000_000)}"`)).status).toBe(413);
  });
});

describe('a page of another site', () => {
  it.each(['http://evil.example', 'http://127.0.0.1:1', 'null'])('may not write from %s', async (origin) => {
    const page = await openSandboxPage();
    const body = { platform: 'discord', author: people.discord, text: 'hello' };
    expect(await refusal(await page.write('POST', body, { origin }))).toEqual([
      403,
      { error: { code: 'other_origin', message: 'Only the sandbox page itself may write here.' } },
    ]);
    expect(messagesOf(page, 'discord')).toEqual([]);
  });

  it('is told apart from the page itself', async () => {
    const page = await openSandboxPage();
    const body = { platform: 'discord', author: people.discord, text: 'hello' };
    expect((await page.write('POST', body, { origin: page.url })).status).toBe(200);
    expect((await page.ask('/api/events', { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  });
});
