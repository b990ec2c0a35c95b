// What kwok does to objects that no kubelet sees, at once: https://kwok.sigs.k8s.io/docs/user/stages-configuration/

interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

interface Stage {
  readonly name: string;
  readonly kind: 'Node' | 'Pod';
  readonly when: readonly Requirement[];
  readonly next: { readonly delete: true } | { readonly statusTemplate: string };
}

const kept: Requirement = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
const notReady: Requirement = {
  key: '.status.conditions.[] | select( .type == "Ready" ) | .status',
  operator: 'NotIn',
  values: ['True'],
};

/** A list of conditions that all hold. */
function holding(...types: readonly string[]): string {
  const one = (type: string): string =>
    `- {type: ${type}, status: "True", lastTransitionTime: {{ Now | Quote }}}`;
  return ['conditions:', ...types.map(one)].join('\n');
}

const nodeReady = `
${holding('Ready')}
allocatable: {cpu: 1k, memory: 1Ti, pods: 1M}
capacity: {cpu: 1k, memory: 1Ti, pods: 1M}
phase: Running
`;

const podRunning = `
${holding('Initialized', 'ContainersReady', 'Ready')}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ Now | Quote }}}}
{{ end }}
{{ with PodIPsWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace }}
podIP: {{ index . 0 | Quote }}
podIPs: [{ip: {{ index . 0 | Quote }}}]
{{ end }}
startTime: {{ Now | Quote }}
phase: Running
`;

const podSucceeded = `
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ Now | Quote }}, finishedAt: {{ Now | Quote }}}}
{{ end }}
phase: Succeeded
`;

/** Containers that wait, for a reason that kubelets have. */
function waiting(reason: string, message: string, more = ''): string {
  return `
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 3
  state: {waiting: {reason: ${reason}, message: ${message}}}
  ${more}
{{ end }}
conditions:
- {type: Ready, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ Now | Quote }}}
`;
}

const ended =
  'lastState: {terminated: {exitCode: 1, reason: Error, startedAt: {{ Now | Quote }}, finishedAt: {{ Now | Quote }}}}';
const podCrashing = `${waiting('CrashLoopBackOff', 'back-off restarting failed container', ended)}
phase: Running
`;
const podUnpullable = `${waiting('ImagePullBackOff', 'Back-off pulling image')}
phase: Pending
`;
const podFailed = podSucceeded
  .replace('exitCode: 0, reason: Completed', 'exitCode: 1, reason: Error')
  .replace('Succeeded', 'Failed');

/** A Pod says by this label what becomes of it, if not the usual. */
const fate = (...values: readonly string[]): Requirement =>
  values.length === 0
    ? { key: '.metadata.labels.fate', operator: 'DoesNotExist' }
    : { key: '.metadata.labels.fate', operator: 'In', values };

const phase = (value: string): Requirement => ({ key: '.status.phase', operator: 'In', values: [value] });
const ofJob: Requirement = { key: '.metadata.ownerReferences.[].kind', operator: 'In', values: ['Job'] };

const stages: readonly Stage[] = [
  { name: 'node-ready', kind: 'Node', when: [notReady], next: { statusTemplate: nodeReady } },
  {
    name: 'pod-running',
    kind: 'Pod',
    when: [kept, phase('Pending'), notReady, fate()],
    next: { statusTemplate: podRunning },
  },
  {
    name: 'pod-succeeded',
    kind: 'Pod',
    when: [kept, phase('Running'), ofJob],
    next: { statusTemplate: podSucceeded },
  },
  {
    name: 'pod-crashing',
    kind: 'Pod',
    when: [kept, phase('Pending'), fate('crashes')],
    next: { statusTemplate: podCrashing },
  },
  {
    name: 'pod-unpullable',
    kind: 'Pod',
    when: [
      kept,
      phase('Pending'),
      fate('has-no-image'),
      { key: '.status.containerStatuses', operator: 'DoesNotExist' },
    ],
    next: { statusTemplate: podUnpullable },
  },
  {
    name: 'pod-failed',
    kind: 'Pod',
    when: [kept, phase('Pending'), fate('fails')],
    next: { statusTemplate: podFailed },
  },
  {
    name: 'pod-gone',
    kind: 'Pod',
    when: [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }],
    next: { delete: true },
  },
];

/** The file for `kwok --config`: YAML documents of JSON. */
export function kwokConfiguration(): string {
  const documents = stages.map(({ name, kind, when, next }) => ({
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions: when }, next },
  }));
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}
