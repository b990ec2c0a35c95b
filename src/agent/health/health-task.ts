import { createHash } from 'node:crypto';
import { inventoryId, type Kustomization } from '../../api/index.ts';
import { type KubernetesObject, refOf } from '../../core/index.ts';
import type { WaitedObject } from '../../health/index.ts';

/** Milliseconds; below that nothing is waited for, as in Flux: it looks at objects every few seconds. */
export const minTimeoutMs = 30_000;

/** What Flux leaves of an interval for everything but waiting. */
const reservedMs = 30_000;

/** Milliseconds in which everything has to become current: https://fluxcd.io/flux/components/kustomize/kustomizations/#timeout */
export function healthTimeout({ timeout, interval }: Kustomization['spec']): number {
  return Math.max(timeout ?? interval - reservedMs, minTimeoutMs);
}

/**
 * What a delivery waits for: with `wait` everything that it applied but itself, else its `healthChecks`.
 * @param kept inventory ids of objects that were left as they are.
 */
export function waitedObjects(
  delivery: Kustomization,
  objects: readonly KubernetesObject[],
  kept: ReadonlySet<string>,
): readonly WaitedObject[] {
  const { wait, healthChecks = [] } = delivery.spec;
  if (!wait) {
    return healthChecks.map(({ apiVersion = 'apps/v1', kind, ...metadata }) => ({
      ref: refOf({
        apiVersion,
        kind,
        metadata: { name: metadata.name, namespace: metadata.namespace ?? '' },
      }),
      mayGo: false,
    }));
  }
  const itself = inventoryId(refOf({ ...delivery, metadata: delivery.metadata }));
  return objects
    .map((object) => ({ ref: refOf(object), mayGo: goesByItself(object) }))
    .filter(({ ref }) => !kept.has(inventoryId(ref)) && inventoryId(ref) !== itself);
}

/** Changes with what is waited for. */
export function waitedDigest(objects: readonly WaitedObject[]): string {
  const hash = createHash('sha256');
  for (const { ref, mayGo } of objects) hash.update(`${inventoryId(ref)} ${mayGo}\n`);
  return hash.digest('base64');
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/ */
function goesByItself(object: KubernetesObject): boolean {
  const { group, kind } = refOf(object);
  const { spec } = object;
  if (group !== 'batch' || kind !== 'Job' || typeof spec !== 'object' || spec === null) return false;
  return 'ttlSecondsAfterFinished' in spec;
}
