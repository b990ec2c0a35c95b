import type { Fields, RecordedObject } from '../../golden/recording.ts';
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

const byMap = (name: string): Fields => ({ kubeConfig: { configMapRef: { name } } });

const secret = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  data: { a: 'MQ==' },
});

/** A ConfigMap that leads to the cluster of a kubeconfig, with keys changed. */
function clusterMap(name: string, kubeconfig: string, change: Fields = {}): RecordedObject {
  const { clusters } = JSON.parse(Buffer.from(kubeconfig, 'base64').toString());
  const [{ cluster }] = clusters;
  const authority = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
  const data = { provider: 'generic', address: cluster.server, 'ca.crt': authority, ...change };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

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
  {
    name: 'config-map-ref',
    tree: { 'objects.yaml': [configMap('config-map-ref', { a: '1' }, here)] },
    given: (kubeconfig) => [
      clusterMap('trusting-cluster', kubeconfig, { serviceAccountName: 'is-shown' }),
      clusterMap('cluster-of-nobody', kubeconfig, { serviceAccountName: 'nobody' }),
      clusterMap('cluster-of-the-agent', kubeconfig),
      clusterMap('other-provider', kubeconfig, { provider: 'other', serviceAccountName: 'is-shown' }),
      clusterMap('other-key', kubeconfig, { audience: 'x', serviceAccountName: 'is-shown' }),
      clusterMap('other-audience', kubeconfig, { audiences: 'x', serviceAccountName: 'is-shown' }),
    ],
    before: async (kubectl) => {
      await createsAccount(kubectl, 'is-shown');
      await createsAccount(kubectl, 'acts-there');
      const metadata = { name: 'acts-for-others', namespace };
      const rules = [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] }];
      const roleRef = { apiGroup: rbac, kind: 'Role', name: metadata.name };
      const subjects = [{ kind: 'ServiceAccount', name: 'is-shown', namespace }];
      await applies(kubectl, { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
      await applies(kubectl, { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects });
    },
    deliveries: {
      'config-map-ref': byMap('trusting-cluster'),
      'config-map-ref-account': {
        namePrefix: 'account-',
        serviceAccountName: 'acts-there',
        ...byMap('trusting-cluster'),
      },
      'config-map-ref-absent': { namePrefix: 'absent-', ...byMap('no-cluster') },
      'config-map-ref-nobody': { namePrefix: 'nobody-', ...byMap('cluster-of-nobody') },
      'config-map-ref-agent': { namePrefix: 'agent-', ...byMap('cluster-of-the-agent') },
      'config-map-ref-provider': { namePrefix: 'provider-', ...byMap('other-provider') },
      'config-map-ref-key': { namePrefix: 'key-', ...byMap('other-key') },
      'config-map-ref-audience': { namePrefix: 'audience-', ...byMap('other-audience') },
    },
    play: async (side) => {
      await side.arrives();
      await side.withdraw('config-map-ref');
      await side.arrives('withdrawn');
    },
  },
];
