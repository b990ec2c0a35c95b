import type { Traces } from '../../src/api/index.ts';
import type { Clock, Target } from '../../src/core/index.ts';
import {
  createKubernetesClient,
  createKubernetesTarget,
  inClusterAccess,
  kubeconfigAccess,
} from '../../src/target/index.ts';
import { systemRandom } from './system-clock.ts';
import type { TargetPlace } from './target-option.ts';
import { version } from './version.ts';

export interface ClusterPorts {
  /** Of a server, by its address. */
  readonly traces: (server: string) => Traces;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A target and the way to let go of it. */
export interface OpenTarget {
  readonly target: Target;
  close(): Promise<void>;
}

/** A Kubernetes API as the target of a site; connects when it is first asked for something. @throws SealiftError CONFIG_INVALID, CONFIG_UNSUPPORTED. */
export async function openClusterTarget(
  place: Exclude<TargetPlace, { readonly kind: 'directory' }>,
  { traces, clock, environment }: ClusterPorts,
): Promise<OpenTarget> {
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
  const target = createKubernetesTarget({ client, traces: traces(client.server), clock, random });
  return { target, close: () => client.close() };
}
