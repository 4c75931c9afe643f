import { describe, expect, test } from 'vitest';
import { violation } from './rule.ts';

const manifest = { dependencies: ['axios', 'bullmq', 'zod'], devDependencies: ['fast-check'] };
const folderOf = (file: string) =>
  file
    .split('/')
    .slice(0, file.startsWith('packages/platforms/') ? 3 : 2)
    .join('/');
const judge = (from: string, to: string | undefined) => violation({ from, line: 1, to }, folderOf(from), manifest);

describe('allowed', () => {
  test.for([
    ['packages/core/src/a.ts', 'zod'],
    ['packages/core/src/a.ts', 'node:crypto'],
    ['packages/core/src/a.ts', './b.ts'],
    ['packages/core/src/a.test.ts', '@bridge/testing/arbitraries'],
    ['packages/store/src/a.ts', '@bridge/queue'],
    ['packages/platforms/discord/src/a.ts', '@bridge/core'],
    ['packages/platforms/discord/src/a.ts', 'axios'],
    ['packages/platforms/discord/src/a.int.test.ts', '@bridge/simulators'],
    ['packages/platforms/discord/src/fixtures/a.ts', '@bridge/testing'],
    ['packages/platforms/discord/src/testing/a.ts', '@bridge/testing'],
    ['packages/platforms/discord/src/a.test.ts', 'fast-check'],
    ['packages/runtime/src/a.ts', '@bridge/observability'],
    ['packages/runtime/src/discovery.ts', undefined],
    ['services/cli/src/a.ts', '@bridge/config'],
    ['services/sandbox/src/a.ts', '@bridge/simulators'],
    ['services/sandbox/src/page/a.ts', '../protocol.ts'],
  ] as const)('%s imports %s', ([from, to]) => {
    expect(judge(from, to)).toBeUndefined();
  });
});

describe('forbidden', () => {
  test.for([
    ['packages/core/src/a.ts', '@bridge/queue', 'packages/core may not import @bridge/queue'],
    ['packages/core/src/a.ts', 'axios', 'may import zod only'],
    ['packages/core/src/a.ts', '@bridge/testing', 'for tests only'],
    ['packages/config/src/a.ts', '@bridge/store', 'may not import @bridge/store'],
    ['packages/http/src/a.ts', 'bullmq', 'only the queue and the store'],
    ['packages/platforms/discord/src/a.ts', '@bridge/platform-telegram', 'may not import @bridge/platform-telegram'],
    ['packages/platforms/discord/src/a.test.ts', '@bridge/platform-telegram', 'may not import @bridge/platform-telegram'],
    ['packages/platforms/discord/src/a.ts', '../../telegram/src/b.ts', 'by path'],
    ['packages/platforms/discord/src/a.ts', '@bridge/queue', 'may not import @bridge/queue'],
    ['packages/platforms/discord/src/a.ts', 'bullmq', 'only the queue and the store'],
    ['packages/platforms/discord/src/a.ts', 'left-pad', 'does not declare'],
    ['packages/platforms/discord/src/a.ts', 'fast-check', 'does not declare'],
    ['packages/platforms/discord/src/a.ts', undefined, 'computes what it imports'],
    ['packages/simulators/src/a.ts', '@bridge/core', 'none of ours'],
    ['packages/runtime/src/a.ts', '@bridge/platform-discord', 'may not import'],
    ['packages/testing/src/a.ts', '@bridge/queue', 'may not import'],
    ['services/router/src/a.ts', '@bridge/sender', 'may not import @bridge/sender'],
    ['services/router/src/a.ts', '@bridge/config', 'may not import @bridge/config'],
    ['services/router/src/a.ts', '@bridge/testing', 'for tests only'],
    ['packages/brand-new/src/a.ts', 'zod', 'has no rule yet'],
  ] as const)('%s imports %s', ([from, to, why]) => {
    expect(judge(from, to)).toContain(why);
  });
});
