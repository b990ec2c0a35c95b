import type { ObjectRef } from './object.ts';

/** What everything else stands on; group and kind. */
const foundations: ReadonlySet<string> = new Set([
  'apiextensions.k8s.io CustomResourceDefinition',
  ' Namespace',
  'rbac.authorization.k8s.io ClusterRole',
]);

/** They judge what is written after them, so that all the rest has to be there before. */
const judges: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io MutatingWebhookConfiguration',
  'admissionregistration.k8s.io ValidatingWebhookConfiguration',
]);

/**
 * When an object is applied, lowest first: definitions, Namespaces and ClusterRoles; classes; all the rest, as kustomize-controller does it;
 * webhooks, which it applies last.
 */
export function applyStageOf({ group, kind }: ObjectRef): 0 | 1 | 2 | 3 {
  const name = `${group} ${kind}`;
  if (foundations.has(name)) return 0;
  if (judges.has(name)) return 3;
  return kind.endsWith('Class') ? 1 : 2;
}
