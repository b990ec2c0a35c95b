import { createDirectoryTarget, type KubeconfigLeave } from '../../src/target/index.ts';
import type { ClusterPorts } from './cluster-ports.ts';
import type { OpenTarget } from './open-cluster-target.ts';
import type { TargetPlace } from './target-option.ts';

/** The target of a site. What speaks to a cluster is loaded only for one. @throws SealiftError CONFIG_INVALID, CONFIG_UNSUPPORTED. */
export async function openTarget(
  place: TargetPlace,
  ports: ClusterPorts,
  leave: KubeconfigLeave,
): Promise<OpenTarget> {
  if (place.kind === 'directory') {
    return { target: createDirectoryTarget({ directory: place.path }), close: async () => undefined };
  }
  const { openClusterTarget } = await import('./open-cluster-target.ts');
  return openClusterTarget(place, ports, leave);
}
