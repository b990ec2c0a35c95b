import { type Artifact, allowEmptyAnnotation, deliveryText, type Kustomization } from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import type { TreeScan } from '../tree/scan-tree.ts';

/** What an empty build looked at. */
export function lookedAt({ own, nested, files }: TreeScan): string {
  const kustomization = own ?? nested[0];
  if (kustomization !== undefined) return `${kustomization} leads to none`;
  const [first, ...rest] = files;
  if (first === undefined) return 'no YAML files there';
  return rest.length === 0 ? `${first} holds none` : `${first} and ${rest.length} more files hold none`;
}

/** Pruning would delete all that a delivery made: nothing may only be delivered on purpose. @throws SealiftError BUILD_EMPTY */
export function refuseEmpty(delivery: Kustomization, artifact: Artifact, looked: string): void {
  const { annotations, namespace, name } = delivery.metadata;
  if (annotations[allowEmptyAnnotation] === 'true') return;
  const detail = `${delivery.spec.path} of ${artifact.revision} yields no objects: ${looked}`;
  throw new SealiftError('BUILD_EMPTY', deliveryText({ namespace, name }), detail);
}
