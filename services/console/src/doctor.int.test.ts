import { setStage } from '@bridge/runtime/testing';
import { describe, expect, test } from 'vitest';
import { openConsole, withoutPassword } from './fixtures/opened.ts';

const stage = setStage();

describe('the checks', () => {
  const finding = { check: 'token', status: 'fail', detail: 'The token was rejected.', fix: 'make a new one' } as const;

  test('are told line by line, as they come, and one look at a time', async () => {
    const { promise: mended, resolve: mend } = Promise.withResolvers<void>();
    const examine = async function* () {
      yield { id: 'redis', title: 'Redis', findings: [{ check: 'reachable', status: 'pass', detail: 'It answers.' } as const] };
      await mended;
      yield { id: 'pigeon', title: 'Pigeon Post', findings: [finding] };
    };
    const opened = await openConsole(stage, { console: withoutPassword({ examine }) });
    const response = await opened.post('/api/doctor', {});
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('{"about":"Redis","check":"reachable","status":"pass","detail":"It answers."}\n');
    expect((await opened.post('/api/doctor', {})).status).toBe(409);
    mend();
    expect(JSON.parse((await reader?.read())?.value ?? '')).toEqual({ about: 'Pigeon Post', ...finding });
    expect((await reader?.read())?.done).toBe(true);
    expect((await opened.post('/api/doctor', {})).status).toBe(200);
  });

  test('that break off end the answer, and the log says why', async () => {
    const examine = async function* () {
      yield { id: 'redis', title: 'Redis', findings: [finding] };
      throw new Error('a fault of ours');
    };
    const opened = await openConsole(stage, { console: withoutPassword({ examine }) });
    await expect((await opened.post('/api/doctor', {})).text()).rejects.toThrow();
    expect(opened.lines).toContainEqual(expect.objectContaining({ msg: 'the checks were cut off' }));
  });
});
