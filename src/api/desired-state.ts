import { SealiftError } from '../core/index.ts';
import type { Kustomization } from './kustomization.ts';
import type { OciRepository } from './oci-repository.ts';
import type { ConfigMap, Secret } from './values.ts';
import type { VerificationPolicy } from './verification-policy.ts';

/** Everything the site owner asked for, at one moment. Validated, complete, never changed in place. */
export interface DesiredState {
  readonly sources: readonly OciRepository[];
  readonly deliveries: readonly Kustomization[];
  readonly secrets: readonly Secret[];
  readonly configMaps: readonly ConfigMap[];
  readonly policies: readonly VerificationPolicy[];
}

interface Named {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** The object of that name in that namespace. */
export function findNamed<T extends Named>(
  objects: readonly T[],
  namespace: string,
  name: string,
): T | undefined {
  return objects.find((object) => object.metadata.name === name && object.metadata.namespace === namespace);
}

/** @throws SealiftError OBJECT_NOT_FOUND. */
export function requireSecret({ secrets }: DesiredState, namespace: string, name: string): Secret {
  return findNamed(secrets, namespace, name) ?? notFound('Secret', namespace, name);
}

/** @throws SealiftError OBJECT_NOT_FOUND. */
export function requireConfigMap({ configMaps }: DesiredState, namespace: string, name: string): ConfigMap {
  return findNamed(configMaps, namespace, name) ?? notFound('ConfigMap', namespace, name);
}

function notFound(kind: string, namespace: string, name: string): never {
  throw new SealiftError(
    'OBJECT_NOT_FOUND',
    `${kind}/${namespace}/${name}`,
    'not found in the configuration',
  );
}
