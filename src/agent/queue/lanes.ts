import type { DeliveryRecord, Kustomization } from '../../api/index.ts';
import { askedKubeConfig, laneOf } from '../places/resolve-place.ts';

/** What comes before the repository in `oci://HOST/REPOSITORY`: the registry that a poll keeps waiting. */
export function pollLane(url: string): string {
  return /^oci:\/\/[^/]*/.exec(url)?.[0] ?? url;
}

/** The other cluster that a delivery waits for, if any: where it goes, or where something of it is to be taken back. */
export function deliveryLane(
  { metadata: { namespace }, spec }: Kustomization,
  record: DeliveryRecord | undefined,
): string {
  const now = laneOf({ namespace, kubeConfig: askedKubeConfig(spec) });
  return now === '' && record !== undefined ? withdrawalLane(record) : now;
}

/** The same, of one that left the configuration. */
export function withdrawalLane({ namespace, place = {}, former = [] }: DeliveryRecord): string {
  const all = [place, ...former.map((one) => one.place)];
  return laneOf({ namespace, kubeConfig: all.find(({ kubeConfig }) => kubeConfig)?.kubeConfig });
}
