import { defineConfig } from 'vitest/config';

/** Generous, since a busy machine is no reason to fail: what a test waits for, it waits for by condition. */
const patience = { testTimeout: 90_000, hookTimeout: 120_000 };
/** `npm run test:long`: what takes minutes and more than this machine alone. */
const long = process.env['LONG_TESTS'] === 'yes';
const besideTheSource = (ending: string) => ['packages', 'services', 'scripts'].map((folder) => `${folder}/**/*${ending}`);

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    // A forgotten `.only` would leave out everything else and still be green.
    allowOnly: false,
    expect: { poll: { timeout: 30_000, interval: 20 } },
    projects: [
      {
        extends: true,
        // Pure, so that files may share a process: most of their time would otherwise be spent on loading the same modules.
        test: {
          ...patience,
          name: 'pure',
          include: besideTheSource('.test.ts'),
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.int.test.ts', 'scripts/**'],
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...patience,
          name: 'real sockets, Redis and processes',
          include: [...besideTheSource('.int.test.ts'), 'scripts/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // Each of these runs a whole installation of several processes: one after the other.
        test: {
          ...patience,
          name: 'whole bridge',
          include: long ? ['tests/**/*.long.test.ts'] : ['tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...(long ? [] : ['tests/**/*.long.test.ts'])],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
