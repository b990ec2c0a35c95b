import type { TestProject } from 'vitest/node';
import { findPeer } from '../../peers/find.ts';
import { clusterPrograms } from './cluster-programs.ts';
import { type RunningCluster, startCluster } from './start-cluster.ts';

let running: RunningCluster | undefined;

/** One server for all test files: one takes seconds to start and 450 MB, and namespaces keep the files apart. */
export async function setup(project: TestProject): Promise<void> {
  // Without the programs each test says what it misses.
  if (clusterPrograms.some((name) => findPeer(name) === undefined)) return;
  running = await startCluster({ kwok: true });
  project.provide('cluster', running.address);
}

export async function teardown(): Promise<void> {
  await running?.stop();
}
