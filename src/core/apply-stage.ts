import { isKind } from './kinds.ts';
import type { ObjectRef } from './object.ts';

/**
 * When an object is applied, lowest first: definitions, Namespaces and ClusterRoles; classes; all the rest, as kustomize-controller does it;
 * webhooks, which it applies last.
 */
export function applyStageOf(ref: ObjectRef): 0 | 1 | 2 | 3 {
  // What everything else stands on.
  if (isKind(ref, 'definition', 'namespace', 'clusterRole')) return 0;
  // They judge what is written after them, so that all the rest has to be there before.
  if (isKind(ref, 'mutatingWebhook', 'validatingWebhook')) return 3;
  return ref.kind.endsWith('Class') ? 1 : 2;
}
