import type { DeliveryRecord, Kustomization } from '../../api/index.ts';
import { laneOf } from '../places/resolve-place.ts';

/** What comes before the repository in `oci://HOST/REPOSITORY`: the registry that a poll keeps waiting. */
export function pollLane(url: string): string {
  return /^oci:\/\/[^/]*/.exec(url)?.[0] ?? url;
}

/** The other cluster that a delivery keeps waiting, if any. */
export function deliveryLane({ metadata: { namespace }, spec }: Kustomization): string {
  return laneOf({ namespace, secretRef: spec.kubeConfig?.secretRef });
}

/** The same, of one that left the configuration. */
export function withdrawalLane({ namespace, place }: DeliveryRecord): string {
  return laneOf({ namespace, secretRef: place?.kubeConfig });
}
