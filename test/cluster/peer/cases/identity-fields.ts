import type { FieldCase, OtherHand } from '../field-case.ts';
import { applies, configMap, here, namespace } from './objects.ts';

const rbac = 'rbac.authorization.k8s.io';

/** An account that may write ConfigMaps of the namespace, and nothing else. */
async function createsAccount(kubectl: OtherHand, name: string): Promise<void> {
  const metadata = { name, namespace };
  const subjects = [{ kind: 'ServiceAccount', ...metadata }];
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }];
  await applies(kubectl, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  await applies(kubectl, { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
  await applies(kubectl, {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: rbac, kind: 'Role', name },
    subjects,
  });
}

const secret = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  data: { a: 'MQ==' },
});

/** Fields that say as whom, and to which cluster, a delivery goes. */
export const identityFields: readonly FieldCase[] = [
  {
    name: 'service-account-name',
    tree: { 'objects.yaml': [configMap('service-account-name', { a: '1' }, here)] },
    deliveries: { 'service-account-name': { serviceAccountName: 'writes-config-maps' } },
    kinds: ['v1/configmaps', 'v1/secrets'],
    before: (kubectl) => createsAccount(kubectl, 'writes-config-maps'),
    play: async (side) => {
      await side.arrives();
      await side.publish({
        'objects.yaml': [configMap('service-account-name', { a: '2' }, here), secret('service-account-name')],
      });
      await side.arrives('denied');
      await side.publish({ 'objects.yaml': [configMap('service-account-name-other', { a: '1' }, here)] });
      await side.arrives('allowed');
    },
  },
  {
    name: 'service-account-absent',
    tree: { 'objects.yaml': [configMap('service-account-absent', { a: '1' }, here)] },
    deliveries: { 'service-account-absent': { serviceAccountName: 'nobody' } },
  },
  {
    name: 'kube-config',
    tree: { 'objects.yaml': [configMap('kube-config', { a: '1' }, here)] },
    given: (kubeconfig) => [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'other-cluster', namespace },
        data: { value: kubeconfig, other: kubeconfig },
      },
    ],
    before: (kubectl) => createsAccount(kubectl, 'writes-there'),
    deliveries: {
      'kube-config': { kubeConfig: { secretRef: { name: 'other-cluster' } } },
      'kube-config-key': {
        namePrefix: 'key-',
        kubeConfig: { secretRef: { name: 'other-cluster', key: 'other' } },
      },
      'kube-config-account': {
        namePrefix: 'account-',
        serviceAccountName: 'writes-there',
        kubeConfig: { secretRef: { name: 'other-cluster' } },
      },
      'kube-config-absent': {
        namePrefix: 'absent-',
        kubeConfig: { secretRef: { name: 'no-cluster' } },
      },
    },
    play: async (side) => {
      await side.arrives();
      await side.withdraw('kube-config');
      await side.arrives('withdrawn');
    },
  },
];
