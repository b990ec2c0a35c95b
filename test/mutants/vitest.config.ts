import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import type { Plan } from './plan.ts';

const plan: Plan = JSON.parse(readFileSync(String(process.env['SEALIFT_MUTANT_PLAN']), 'utf8'));
const files = plan.files ?? [
  '{src/verify,src/core/expression,src/health,src/site,src/agent,cmd}/**/*.test.ts',
  'test/vectors/{cosign,sigstore}*.test.ts',
  'test/integration/sigstore-signer.test.ts',
];

/** In the order of the plan: what is cheap comes first, and mostly it is enough. */
class AsPlanned extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => files.indexOf(moduleId);
    return specifications.sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  cacheDir: '.vitest',
  test: {
    include: [...files],
    setupFiles: ['test/mutants/switch.ts'],
    sequence: { sequencer: AsPlanned },
    // Threads end with the process, even one that a mutant made endless.
    pool: 'threads',
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 60_000,
  },
});
