import { defineConfig } from 'vitest/config';

/** Generous, since a busy machine is no reason to fail: what a test waits for, it waits for by condition. */
const patience = { testTimeout: 90_000, hookTimeout: 120_000 };

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    // A forgotten `.only` would leave out everything else and still be green.
    allowOnly: false,
    projects: [
      {
        extends: true,
        test: {
          ...patience,
          name: 'beside the source',
          include: ['packages/**/src/**/*.test.ts', 'services/**/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        // Each of these runs a whole installation of several processes: one after the other, and after all the rest.
        test: { ...patience, name: 'whole bridge', include: ['tests/**/*.test.ts'], fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
