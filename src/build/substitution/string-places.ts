import type { KubernetesObject } from '../../core/index.ts';

const metadataPlace = /\/metadata\/(labels|annotations)\/[^/]+$|^\/metadata\/(name|namespace)$/;

/** Places in the built-in workloads and services whose type is string; all of them end in the last segments named. */
const workloadPlace =
  /\/(env\/\d+\/value|(args|command)\/\d+|(nodeSelector|matchLabels)\/[^/]+)$|^\/spec\/selector\/[^/]+$/;
const workloadGroups = new Set(['v1', 'apps/v1', 'batch/v1']);

const dataPlaces: Readonly<Record<string, RegExp>> = {
  ConfigMap: /^\/(data|binaryData)\/[^/]+$/,
  Secret: /^\/(data|stringData)\/[^/]+$/,
};

/** True where the Kubernetes API knows nothing but strings, so that a number or boolean there can only be a mistake. */
export function isStringPlace(object: KubernetesObject, place: string): boolean {
  if (metadataPlace.test(place)) return true;
  if (object.apiVersion === 'v1' && dataPlaces[object.kind]?.test(place) === true) return true;
  return workloadGroups.has(object.apiVersion) && workloadPlace.test(place);
}
