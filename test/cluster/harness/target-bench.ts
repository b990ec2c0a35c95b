import { systemClock, systemRandom } from '../../../cmd/sealift/system-clock.ts';
import type { Target } from '../../../src/core/index.ts';
import { podsInQuestion } from '../../../src/health/index.ts';
import {
  createKubernetesClient,
  type KubernetesClient,
  kubeconfigAccess,
} from '../../../src/target/index.ts';
import { createKubernetesTarget } from '../../../src/target/kubernetes/kubernetes-target.ts';
import { createMemoryTraces } from '../../fakes/memory-traces.ts';
import type { ClusterUser } from './cluster-user.ts';

/** Closed by whoever asked for it. */
export async function clientOf({ kubeconfig }: ClusterUser): Promise<KubernetesClient> {
  return createKubernetesClient(await kubeconfigAccess([kubeconfig]), {
    userAgent: 'sealift/test',
    clock: systemClock,
    random: systemRandom,
    environment: {},
  });
}

/** That remembers nothing of earlier ones, unless it is told to. */
export function targetOver(client: KubernetesClient, traces = createMemoryTraces()): Target {
  return createKubernetesTarget({
    client,
    traces,
    clock: systemClock,
    random: systemRandom,
    podsOf: podsInQuestion,
  });
}
