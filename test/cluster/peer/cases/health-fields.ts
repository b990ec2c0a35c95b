import type { FieldCase, OtherHand } from '../field-case.ts';
import { here, namespace, pod } from './objects.ts';

const statusOf = (kubectl: OtherHand, object: string, status: object): Promise<string> =>
  kubectl('patch', object, '--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status })}`);

const running = (kubectl: OtherHand, name: string): Promise<string> =>
  statusOf(kubectl, `pod/${name}`, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });

/** Waits for a Pod, which somebody then says is ready. */
function waitsForPod(name: string, spec: object): FieldCase {
  return {
    name,
    tree: { 'objects.yaml': [pod(name, here)] },
    deliveries: { [name]: { ...spec } },
    kinds: ['v1/pods'],
    play: async (side, kubectl) => {
      await side.waits('waiting');
      await running(kubectl, name);
      await side.recovers('healthy');
    },
  };
}

const group = 'fields.example.com';
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `tasks.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'tasks', singular: 'task', kind: 'Task', listKind: 'TaskList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** Fields that say what has to become healthy, and how long that may take. */
export const healthFields: readonly FieldCase[] = [
  waitsForPod('wait', { wait: true }),
  waitsForPod('timeout', { wait: true, timeout: '4m30s' }),
  waitsForPod('interval', { wait: true, interval: '10m' }),
  waitsForPod('health-checks', {
    healthChecks: [{ apiVersion: 'v1', kind: 'Pod', name: 'health-checks', namespace }],
  }),
  {
    name: 'health-check-exprs',
    tree: {
      'objects.yaml': [
        definition,
        { apiVersion: `${group}/v1`, kind: 'Task', metadata: { name: 'health-check-exprs', namespace } },
      ],
    },
    kinds: [`${group}/v1/tasks`, 'apiextensions.k8s.io/v1/customresourcedefinitions'],
    deliveries: {
      'health-check-exprs': {
        wait: true,
        healthCheckExprs: [
          {
            apiVersion: `${group}/v1`,
            kind: 'Task',
            inProgress: `!has(status.phase) || status.phase == 'Starting'`,
            failed: `status.phase == 'Broken'`,
            current: `status.phase == 'Done'`,
          },
        ],
      },
    },
    play: async (side, kubectl) => {
      await side.waits('waiting');
      await statusOf(kubectl, `tasks.${group}/health-check-exprs`, { phase: 'Done' });
      await side.recovers('healthy');
    },
  },
];
