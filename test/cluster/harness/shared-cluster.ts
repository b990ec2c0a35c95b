import { inject } from 'vitest';
import { Cluster, type ClusterAddress } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    cluster: ClusterAddress | undefined;
  }
}

/** The cluster of this run. Other test files use it at the same time: work in a namespace of your own. */
export function sharedCluster(): Cluster {
  const address = inject('cluster');
  if (address === undefined) throw new Error('cluster: expected one from the setup of the project, got none');
  return new Cluster(address);
}
