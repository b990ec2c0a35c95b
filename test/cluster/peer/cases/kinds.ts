import type { FieldCase } from '../field-case.ts';
import { here } from './objects.ts';

const labels = { app: 'kinds' };
const metadata = { name: 'kinds', ...here };
const global = { name: 'field-by-field' };
const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
const rbac = 'rbac.authorization.k8s.io';
const template = {
  metadata: { labels },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'example.org/app:1',
        ports: [{ containerPort: 8080, name: 'http' }],
        env: [{ name: 'EMPTY' }, { name: 'SOME', value: '1' }],
        resources: { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: 0.5 } },
        readinessProbe: { httpGet: { path: '/', port: 'http' } },
      },
    ],
    volumes: [{ name: 'scratch', emptyDir: {} }],
  },
};
const sleeping = {
  metadata: { labels },
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.org/app:1' }] },
};

/** One of each, with what people write and what they leave out. */
const objects: readonly object[] = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { selector: labels, ports: [{ port: 80, targetPort: 'http' }] },
  },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {}, binaryData: { b: 'AAE=' } },
  { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { text: 'clear' }, data: { bytes: 'AAE=' } },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata,
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'none',
      resources: { requests: { storage: '1024Mi' } },
    },
  },
  { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { 'count/widgets.example.com': 1 } } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: {
      replicas: 0,
      serviceName: 'kinds',
      selector: { matchLabels: labels },
      template,
      volumeClaimTemplates: [
        {
          metadata: { name: 'disk' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata,
    spec: {
      selector: { matchLabels: labels },
      template: { ...template, spec: { ...template.spec, nodeSelector: { none: 'such' } } },
    },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: sleeping } } },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: { suspend: true, manualSelector: true, selector: { matchLabels: labels }, template: sleeping },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata,
    spec: {
      rules: [
        {
          host: 'kinds.example.org',
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: 'kinds', port: { number: 80 } } },
              },
            ],
          },
        },
      ],
    },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: {
      maxReplicas: 2,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Nothing', name: 'kinds' },
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
    },
  },
  { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'kinds' },
    subjects: [
      { kind: 'ServiceAccount', name: 'kinds' },
      { kind: 'User', name: 'somebody' },
    ],
  },
  { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: global, rules },
  { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: global, value: 1 },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: global,
    provisioner: 'example.org/none',
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: global,
    spec: { controller: 'example.org/none' },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: global,
    webhooks: [
      {
        name: 'nothing.example.org',
        clientConfig: { url: 'https://127.0.0.1:1/' },
        rules: [
          {
            apiGroups: ['none.example.org'],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['nothing'],
          },
        ],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  },
];

/** Kinds whose objects the real controller reads into types of its own before it applies them, and some more. */
export const kinds: readonly FieldCase[] = [
  {
    name: 'kinds',
    tree: { 'objects.yaml': objects },
    deliveries: { kinds: {} },
    kinds: [
      'v1/services',
      'v1/serviceaccounts',
      'v1/configmaps',
      'v1/secrets',
      'v1/persistentvolumeclaims',
      'v1/resourcequotas',
      'apps/v1/deployments',
      'apps/v1/statefulsets',
      'apps/v1/daemonsets',
      'batch/v1/cronjobs',
      'batch/v1/jobs',
      'networking.k8s.io/v1/ingresses',
      'networking.k8s.io/v1/networkpolicies',
      'networking.k8s.io/v1/ingressclasses',
      'policy/v1/poddisruptionbudgets',
      'autoscaling/v2/horizontalpodautoscalers',
      `${rbac}/v1/roles`,
      `${rbac}/v1/rolebindings`,
      `${rbac}/v1/clusterroles`,
      'scheduling.k8s.io/v1/priorityclasses',
      'storage.k8s.io/v1/storageclasses',
      'admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    ],
    play: async (side) => {
      await side.arrives();
      await side.arrives('again');
    },
  },
];
