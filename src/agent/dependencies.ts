import type { DeliveryRecord } from '../api/index.ts';
import { isReady, type Kustomization } from '../api/index.ts';
import { specHash } from './spec-hash.ts';

interface DependencyQuestion {
  readonly delivery: Kustomization;
  readonly deliveries: readonly Kustomization[];
  readonly records: readonly DeliveryRecord[];
  /** Revision of the delivery's source now. */
  readonly revision: string;
}

interface Key {
  readonly namespace: string;
  readonly name: string;
}

function dependencyKeys(delivery: Kustomization): readonly Key[] {
  const { namespace } = delivery.metadata;
  return delivery.spec.dependsOn.map((entry) => ({
    namespace: entry.namespace ?? namespace,
    name: entry.name,
  }));
}

/** Whether two deliveries take what they deliver from one source. */
export function sameSource(a: Kustomization, b: Kustomization): boolean {
  const refOf = ({ metadata, spec }: Kustomization): string =>
    `${spec.sourceRef.kind}/${spec.sourceRef.namespace ?? metadata.namespace}/${spec.sourceRef.name}`;
  return refOf(a) === refOf(b);
}

function whyNotReady(key: Key, question: DependencyQuestion): string | undefined {
  const isIt = (candidate: Key): boolean =>
    candidate.namespace === key.namespace && candidate.name === key.name;
  const label = `dependency '${key.namespace}/${key.name}'`;
  const dependency = question.deliveries.find(({ metadata }) => isIt(metadata));
  if (dependency === undefined) return `${label} not found in the configuration`;
  const record = question.records.find(isIt);
  // Ready under an older spec is not ready, as an `observedGeneration` that lags is not in Flux.
  if (record?.specHash !== specHash(dependency.spec) || !isReady(record.status.conditions))
    return `${label} is not ready`;
  const behind =
    sameSource(dependency, question.delivery) && record.status.lastAppliedRevision !== question.revision;
  return behind ? `${label} revision is not up to date` : undefined;
}

/** Why the delivery has to wait for another one, in Flux's words; `undefined` when it has not. */
export function unmetDependency(question: DependencyQuestion): string | undefined {
  for (const key of dependencyKeys(question.delivery)) {
    const reason = whyNotReady(key, question);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** The deliveries that wait for this one. */
export function dependants(of: Key, deliveries: readonly Kustomization[]): readonly Kustomization[] {
  return deliveries.filter((delivery) =>
    dependencyKeys(delivery).some((key) => key.namespace === of.namespace && key.name === of.name),
  );
}
