import { createPigeon, ring, setStage } from '@bridge/runtime/testing';
import { expect, test } from 'vitest';
import { role } from './index.ts';
import { serve } from './fixtures/served.ts';

const stage = setStage();
const stream = { run: () => Promise.resolve() };
const pigeon = createPigeon();
const raven = createPigeon({ id: 'raven', stream });
const owl = createPigeon({ id: 'owl', stream, webhook: false });
const dodo = createPigeon({ id: 'dodo' });
const known = [pigeon, raven, owl, dodo].map(({ platform }) => platform);

test('GET / lists what is here', async () => {
  const { get } = await serve(stage, { platforms: [pigeon], known });
  const { status, body } = await get('/');
  expect([status, body]).toEqual([
    200,
    {
      name: 'CometChat Integrations',
      version: '0.0.0-test',
      endpoints: {
        '/pigeon': 'webhook of Pigeon Post',
        '/raven': 'webhook of Pigeon Post',
        '/owl': 'webhook of Pigeon Post',
        '/dodo': 'webhook of Pigeon Post',
        '/media/<token>': 'a file or avatar, by a link that the bridge made',
        '/health': 'whether messages flow',
        '/status': 'queues, processes and connections',
        '/livez': 'the process lives',
        '/readyz': 'the process can take events',
      },
    },
  ]);
});

test('GET of a platform tells what it is and whether it is configured, and no secret', async () => {
  const publicUrl = new URL('https://bridge.example/base/');
  const { get } = await serve(stage, { platforms: [pigeon, raven, owl], known, publicUrl });
  const told = async (path: string) => (await get(path)).body;
  expect(await told('/pigeon')).toEqual({
    platform: 'pigeon',
    name: 'Pigeon Post',
    configured: true,
    webhook: { method: 'POST', url: 'https://bridge.example/base/pigeon', path: '/pigeon' },
    note: 'Only the platform itself may POST here; it proves that with the configured secret.',
  });
  expect(await told('/raven')).toMatchObject({
    webhook: { path: '/raven' },
    note: expect.stringMatching(/^Messages come over a connection .* Only the platform/),
  });
  expect(await told('/owl')).toMatchObject({ webhook: null, note: 'Messages come over a connection that we hold open.' });
  expect(await told('/dodo')).toMatchObject({ configured: false, webhook: null, note: 'Set DODO_TOKEN to switch it on.' });
  for (const path of ['/', '/pigeon', '/raven', '/health', '/status', '/readyz'])
    expect(JSON.stringify(await told(path))).not.toContain(ring);
});

test('without PUBLIC_URL nobody knows the full address; a platform may be another process’s work', async () => {
  const { get } = await serve(stage, { platforms: [pigeon, raven], known, only: [pigeon.platform.id] });
  expect((await get('/pigeon')).body).toMatchObject({ webhook: { url: null } });
  expect((await get('/raven')).body).toMatchObject({ configured: true, webhook: null, note: 'Another process serves it.' });
});

test('a port that cannot be had is an error with the fix', async () => {
  const { lines } = await serve(stage, { platforms: [pigeon] });
  const port = Number(new URL(String(lines.find(({ msg }) => msg === 'webhooks can come')?.['url'])).port);
  const start = async (http: { port: number; host: string }) =>
    role.start((await stage.open({ http: { ...http, corsOrigins: [] } })).context);
  await expect(start({ port, host: '127.0.0.1' })).rejects.toThrow(
    `PORT ${port} is taken by another program; stop it or set PORT to a free port.`,
  );
  await expect(start({ port: 0, host: '203.0.113.1' })).rejects.toThrow('BIND_ADDRESS 203.0.113.1 is no address of this machine');
});
