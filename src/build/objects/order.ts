import { applyStageOf, type KubernetesObject, type ObjectRef, refOf } from '../../core/index.ts';

/** What others of the same delivery need is applied first, as kustomize-controller does it. Kinds not named come between. */
const firstKinds = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];

/** Webhooks last: they would judge what is applied after them. */
const lastKinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const ranks = new Map([
  ...firstKinds.map((kind, index) => [kind, index] as const),
  ...lastKinds.map((kind, index) => [kind, firstKinds.length + 1 + index] as const),
]);

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareRefs(a: ObjectRef, b: ObjectRef): number {
  const rank = (kind: string): number => ranks.get(kind) ?? firstKinds.length;
  return (
    applyStageOf(a) - applyStageOf(b) ||
    rank(a.kind) - rank(b.kind) ||
    compareText(a.group, b.group) ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  );
}

/** The objects in the order in which they are applied; ties by group, kind, namespace, name. */
export function inApplyOrder<T extends { readonly object: KubernetesObject }>(
  built: readonly T[],
): readonly T[] {
  const keyed = built.map((one) => ({ one, ref: refOf(one.object) }));
  return keyed.sort((a, b) => compareRefs(a.ref, b.ref)).map(({ one }) => one);
}
