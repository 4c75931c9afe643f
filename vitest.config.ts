import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['packages/**/src/**/*.test.ts', 'services/**/src/**/*.test.ts', 'tests/**/*.test.ts', 'scripts/**/*.test.ts'],
    // A forgotten `.only` would leave out everything else and still be green.
    allowOnly: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
