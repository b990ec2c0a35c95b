import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.ts';

/** Tests that start processes and wait for them: a busy machine must not decide about them. */
const patient = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } };

export default defineConfig({
  test: {
    // Two cores, everywhere: more workers only make deadlines late.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,cmd,scripts}/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          setupFiles: ['test/setup/no-network.ts'],
          // They touch nothing outside of themselves: a module is read once for all of them.
          isolate: false,
          // None takes a second by itself.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...patient,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/setup/bundled-program.ts'],
          setupFiles: ['test/setup/keep-compiled.ts'],
        },
      },
      {
        test: {
          ...patient,
          name: 'vectors',
          include: ['test/vectors/**/*.test.ts'],
          globalSetup: ['test/setup/bundled-program.ts'],
        },
      },
      {
        test: {
          ...patient,
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          globalSetup: ['test/setup/bundled-program.ts'],
          // Every step is a program that starts; each has a limit of its own below this one.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...patient,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/setup/bundled-program.ts', 'test/cluster/harness/shared-cluster-setup.ts'],
          // A server that starts has a limit of its own below this one.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
