import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Two cores, everywhere: more workers only make deadlines late.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,cmd,scripts}/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          setupFiles: ['test/setup/no-network.ts'],
          // None takes a second by itself; a busy machine must not decide about it.
          testTimeout: 20_000,
        },
      },
      {
        test: { name: 'integration', include: ['test/integration/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        test: { name: 'vectors', include: ['test/vectors/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          // Every step is a program that starts; each has a limit of its own below this one.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
