import type { PlaceOpener } from '../../src/agent/index.ts';
import type { Target } from '../../src/core/index.ts';
import { podsInQuestion } from '../../src/health/index.ts';
import {
  createKubernetesClient,
  createKubernetesTarget,
  inClusterAccess,
  type KubeconfigLeave,
  kubeconfigAccess,
} from '../../src/target/index.ts';
import type { ClusterPorts } from './cluster-ports.ts';
import { createPlaceOpener } from './place-opener.ts';
import { systemRandom } from './system-clock.ts';
import type { TargetPlace } from './target-option.ts';
import { version } from './version.ts';

/** A target and the way to let go of it. */
export interface OpenTarget {
  readonly target: Target;
  /** Absent where there is but this one. */
  readonly places?: PlaceOpener;
  close(): Promise<void>;
}

/** A Kubernetes API as the target of a site; connects when it is first asked for something. @throws SealiftError CONFIG_INVALID, CONFIG_UNSUPPORTED. */
export async function openClusterTarget(
  place: Exclude<TargetPlace, { readonly kind: 'directory' }>,
  ports: ClusterPorts,
  leave: KubeconfigLeave,
): Promise<OpenTarget> {
  const { traces, clock, environment } = ports;
  const access =
    place.kind === 'cluster'
      ? inClusterAccess(environment)
      : await kubeconfigAccess([place.path], place.context);
  const random = systemRandom;
  const client = createKubernetesClient(access, {
    userAgent: `sealift/${version}`,
    clock,
    random,
    environment,
  });
  const target = createKubernetesTarget({
    client,
    traces: traces(client.server),
    clock,
    random,
    podsOf: podsInQuestion,
  });
  const places = createPlaceOpener({ ...ports, client, server: access.server, leave });
  return { target, places, close: () => client.close() };
}
