import type { ObjectRef } from './object.ts';

type Kind = Pick<ObjectRef, 'group' | 'kind'>;

/** Kinds by which other objects live, are judged or are hidden: https://kubernetes.io/docs/reference/kubernetes-api/ */
const knownKinds = {
  apiService: { group: 'apiregistration.k8s.io', kind: 'APIService' },
  clusterRole: { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
  definition: { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' },
  mutatingWebhook: { group: 'admissionregistration.k8s.io', kind: 'MutatingWebhookConfiguration' },
  namespace: { group: '', kind: 'Namespace' },
  pod: { group: '', kind: 'Pod' },
  secret: { group: '', kind: 'Secret' },
  validatingWebhook: { group: 'admissionregistration.k8s.io', kind: 'ValidatingWebhookConfiguration' },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof knownKinds;

/** Where one of them is read, in the version that every cluster of today serves. */
export function knownKind(known: KindName): Kind & { readonly version: 'v1' } {
  return { ...knownKinds[known], version: 'v1' };
}

/** In whatever version. */
export function isKind({ group, kind }: Kind, ...known: readonly KindName[]): boolean {
  return known.some((name) => knownKinds[name].group === group && knownKinds[name].kind === kind);
}
