/** What is known of a kind that every API server serves. */
export interface BuiltInKind {
  /** False for kinds that belong to no namespace. */
  readonly namespaced: boolean;
  /** Fields beside apiVersion, kind and metadata. */
  readonly fields: ReadonlySet<string>;
}

const usual = 'spec status';

/** GROUP/KIND with its fields, as of Kubernetes 1.36: https://github.com/kubernetes/api/tree/v0.36.0 */
const namespaced: Readonly<Record<string, string>> = {
  '/ConfigMap': 'data binaryData immutable',
  // Encrypted Secrets are judged elsewhere.
  '/Secret': 'data stringData type immutable sops',
  '/ServiceAccount': 'secrets imagePullSecrets automountServiceAccountToken',
  '/Service': usual,
  '/Endpoints': 'subsets',
  '/Pod': usual,
  '/PodTemplate': 'template',
  '/ReplicationController': usual,
  '/PersistentVolumeClaim': usual,
  '/LimitRange': 'spec',
  '/ResourceQuota': usual,
  'apps/Deployment': usual,
  'apps/StatefulSet': usual,
  'apps/DaemonSet': usual,
  'apps/ReplicaSet': usual,
  'apps/ControllerRevision': 'data revision',
  'autoscaling/HorizontalPodAutoscaler': usual,
  'batch/Job': usual,
  'batch/CronJob': usual,
  'coordination.k8s.io/Lease': 'spec',
  'discovery.k8s.io/EndpointSlice': 'addressType endpoints ports',
  'networking.k8s.io/Ingress': usual,
  'networking.k8s.io/NetworkPolicy': usual,
  'policy/PodDisruptionBudget': usual,
  'rbac.authorization.k8s.io/Role': 'rules',
  'rbac.authorization.k8s.io/RoleBinding': 'subjects roleRef',
};

const ofCluster: Readonly<Record<string, string>> = {
  '/Namespace': usual,
  '/Node': usual,
  '/PersistentVolume': usual,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': 'spec',
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': 'spec',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': 'webhooks',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': usual,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': 'spec',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': 'webhooks',
  'apiextensions.k8s.io/CustomResourceDefinition': usual,
  'apiregistration.k8s.io/APIService': usual,
  'certificates.k8s.io/CertificateSigningRequest': usual,
  'flowcontrol.apiserver.k8s.io/FlowSchema': usual,
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': usual,
  'networking.k8s.io/IngressClass': 'spec',
  'node.k8s.io/RuntimeClass': 'handler overhead scheduling spec',
  'rbac.authorization.k8s.io/ClusterRole': 'rules aggregationRule',
  'rbac.authorization.k8s.io/ClusterRoleBinding': 'subjects roleRef',
  'scheduling.k8s.io/PriorityClass': 'value globalDefault description preemptionPolicy',
  'storage.k8s.io/CSIDriver': 'spec',
  'storage.k8s.io/StorageClass':
    'provisioner parameters reclaimPolicy mountOptions allowVolumeExpansion volumeBindingMode allowedTopologies',
};

function entriesOf(kinds: Readonly<Record<string, string>>, inNamespace: boolean) {
  return Object.entries(kinds).map(([key, fields]): [string, BuiltInKind] => [
    key,
    { namespaced: inNamespace, fields: new Set(['apiVersion', 'kind', 'metadata', ...fields.split(' ')]) },
  ]);
}

const kinds = new Map([...entriesOf(namespaced, true), ...entriesOf(ofCluster, false)]);

/** `undefined` for kinds that are defined by others, or too new to be known. */
export function builtInKind(group: string, kind: string): BuiltInKind | undefined {
  return kinds.get(`${group}/${kind}`);
}
