import { expect, it } from 'vitest';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { runFaults } from './faults/run-faults.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

/** As long as a run may take to converge, and its moves before that. */
const patiently = { timeout: 400_000 };

describeWithPeers('sealift run, killed, between faults of the API server', clusterPrograms, () => {
  it.concurrent.each([1, 2])(
    'ends with what the last revision asks for, and has deleted nothing that should live (seed %i)',
    patiently,
    async (seed) => {
      const { problems, faults, kills } = await runFaults(seed, sharedCluster());
      expect(problems).toEqual([]);
      expect(faults.size).toBeGreaterThan(0);
      process.stderr.write(`seed ${seed}: ${kills} kills; ${JSON.stringify(Object.fromEntries(faults))}\n`);
    },
  );
});
