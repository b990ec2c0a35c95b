import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubernetesObject } from '../core/index.ts';
import { type HealthStatus, healthOf } from './index.ts';

const now = Date.parse('2026-01-01T00:01:00Z');

/** `GROUP/VERSION KIND`, with the rest of the object as YAML. */
function objectOf(kind: string, yaml: string): KubernetesObject {
  const [apiVersion = '', name = ''] = kind.split(' ');
  const { metadata, ...rest } = (parse(yaml) ?? {}) as { metadata?: object };
  return { apiVersion, kind: name, metadata: { name: 'x', namespace: 'shop', ...metadata }, ...rest };
}

type Row = readonly [behaviour: string, kind: string, yaml: string, status: HealthStatus, message: string];

function judges(rows: readonly Row[]): void {
  it.each(rows)('%s', (...[, kind, yaml, status, message]) => {
    expect(healthOf(objectOf(kind, yaml), now)).toMatchObject({ status, message });
  });
}

const widget = 'example.com/v1 Widget';

describe('an object of any kind', () => {
  judges([
    [
      'is terminating once it is being deleted, whatever else it says',
      widget,
      '{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {conditions: [{type: Ready, status: "True"}]}}',
      'Terminating',
      'it is being deleted',
    ],
    [
      'names the finalizers that its deletion waits for',
      widget,
      '{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [a.example/b, c]}}',
      'Terminating',
      'it is being deleted and waits for its finalizers: a.example/b, c',
    ],
    [
      'is in progress while its controller has seen an older generation only',
      widget,
      '{metadata: {generation: 3}, status: {observedGeneration: 2, conditions: [{type: Ready, status: "True"}]}}',
      'InProgress',
      'its controller has seen generation 2 of 3',
    ],
    [
      'is in progress while it reconciles',
      widget,
      '{status: {conditions: [{type: Reconciling, status: "True", reason: Busy, message: at it}]}}',
      'InProgress',
      'Busy: at it',
    ],
    [
      'has failed when it is stalled',
      widget,
      '{status: {conditions: [{type: Ready, status: "True"}, {type: Stalled, status: "True", reason: Bad, message: no way}]}}',
      'Failed',
      'Bad: no way',
    ],
    [
      'goes by the first of both where it says both',
      widget,
      '{status: {conditions: [{type: Reconciling, status: "True"}, {type: Stalled, status: "True"}]}}',
      'InProgress',
      'Reconciling',
    ],
    [
      'takes no heed of standard conditions that are not true',
      widget,
      '{status: {conditions: [{type: Reconciling, status: "False"}, {type: Stalled, status: Unknown}]}}',
      'Current',
      'nothing of it says otherwise',
    ],
    [
      'is current when it is Ready',
      widget,
      '{status: {conditions: [{type: Ready, status: "True"}]}}',
      'Current',
      'it is Ready',
    ],
    [
      'is in progress when it is not Ready, and says so in its own words',
      widget,
      '{status: {conditions: [{type: Ready, status: "False", reason: Waiting, message: for the database}]}}',
      'InProgress',
      'Waiting: for the database',
    ],
    [
      'is in progress when nobody knows whether it is Ready',
      widget,
      '{status: {conditions: [{type: Ready, status: Unknown}]}}',
      'InProgress',
      'Ready',
    ],
    ['is current when it has no status at all', widget, '', 'Current', 'nothing of it says otherwise'],
    [
      'is read whatever stands in its status',
      widget,
      '{status: {observedGeneration: [], conditions: {type: Ready}}, metadata: {generation: x}}',
      'Current',
      'nothing of it says otherwise',
    ],
    [
      'is read when its conditions are no conditions',
      widget,
      '{status: {conditions: [1, null, {type: 3, status: true}, [], {reason: Ready}]}}',
      'Current',
      'nothing of it says otherwise',
    ],
    [
      'says no more than somebody reads',
      widget,
      `{status: {conditions: [{type: Stalled, status: "True", message: ${'m'.repeat(9999)}}]}}`,
      'Failed',
      `${'m'.repeat(509)}...`,
    ],
    [
      'of Flux is in progress before its controller has seen it',
      'kustomize.toolkit.fluxcd.io/v1 Kustomization',
      '{metadata: {generation: 1}, status: {observedGeneration: -1}}',
      'InProgress',
      'its controller has seen generation -1 of 1',
    ],
    [
      'of Flux has failed when it is stalled',
      'helm.toolkit.fluxcd.io/v2 HelmRelease',
      '{metadata: {generation: 1}, status: {observedGeneration: 1, conditions: [{type: Stalled, status: "True", reason: InstallFailed, message: timed out}, {type: Ready, status: "False"}]}}',
      'Failed',
      'InstallFailed: timed out',
    ],
    [
      'of Flux goes on trying while it reconciles',
      'source.toolkit.fluxcd.io/v1 OCIRepository',
      '{metadata: {generation: 1}, status: {observedGeneration: 1, conditions: [{type: Reconciling, status: "True", reason: ProgressingWithRetry, message: reconciliation in progress}, {type: Ready, status: "False", reason: OCIArtifactPullFailed}]}}',
      'InProgress',
      'ProgressingWithRetry: reconciliation in progress',
    ],
  ]);
});

const conditions = (...texts: readonly string[]): string => `conditions: [${texts.join(', ')}]`;
const available = '{type: Available, status: "True", reason: MinimumReplicasAvailable}';
const rolledOut = '{type: Progressing, status: "True", reason: NewReplicaSetAvailable}';
const complete = 'replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2';

describe('a Deployment', () => {
  const kind = 'apps/v1 Deployment';
  const asked = 'metadata: {generation: 1}, spec: {replicas: 2, progressDeadlineSeconds: 600}';
  const seen = 'observedGeneration: 1';
  judges([
    [
      'is current when every replica is available and it is rolled out',
      kind,
      `{${asked}, status: {${seen}, ${complete}, ${conditions(available, rolledOut)}}}`,
      'Current',
      'all its replicas are available',
    ],
    [
      'is in progress before its controller has seen it',
      kind,
      `{${asked}}`,
      'InProgress',
      '0 of 2 replicas are there',
    ],
    ['wants one replica when it says nothing', kind, '{spec: {}}', 'InProgress', '0 of 1 replicas are there'],
    [
      'with no replicas asked for is current once it is rolled out',
      kind,
      `{spec: {replicas: 0, progressDeadlineSeconds: 600}, status: {${conditions(available, rolledOut)}}}`,
      'Current',
      'all its replicas are available',
    ],
    [
      'waits for replicas of the new template',
      kind,
      `{${asked}, status: {${seen}, replicas: 3, updatedReplicas: 1, availableReplicas: 2, readyReplicas: 2, ${conditions(available)}}}`,
      'InProgress',
      '1 of 2 replicas are updated',
    ],
    [
      'waits for replicas of the old template to end',
      kind,
      `{${asked}, status: {${seen}, replicas: 3, updatedReplicas: 2, availableReplicas: 3, readyReplicas: 3, ${conditions(available)}}}`,
      'InProgress',
      '1 replicas more than 2 have yet to end',
    ],
    [
      'waits for replicas to become available, and says what it says of that',
      kind,
      `{${asked}, status: {${seen}, replicas: 2, updatedReplicas: 2, availableReplicas: 1, readyReplicas: 1, ${conditions('{type: Available, status: "False", reason: MinimumReplicasUnavailable, message: Deployment does not have minimum availability.}')}}}`,
      'InProgress',
      '1 of 2 replicas are available (MinimumReplicasUnavailable: Deployment does not have minimum availability.)',
    ],
    [
      'waits for replicas to become ready',
      kind,
      `{${asked}, status: {${seen}, replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 1, ${conditions(available)}}}`,
      'InProgress',
      '1 of 2 replicas are ready',
    ],
    [
      'says that a quota stands in the way',
      kind,
      `{${asked}, status: {${seen}, ${conditions('{type: ReplicaFailure, status: "True", reason: FailedCreate, message: exceeded quota}', '{type: Available, status: "False"}')}}}`,
      'InProgress',
      '0 of 2 replicas are there (FailedCreate: exceeded quota)',
    ],
    [
      'is in progress until it says that it is rolled out',
      kind,
      `{${asked}, status: {${seen}, ${complete}, ${conditions(available, '{type: Progressing, status: "True", reason: ReplicaSetUpdated, message: is progressing}')}}}`,
      'InProgress',
      'ReplicaSetUpdated: is progressing',
    ],
    [
      'without a deadline need not say that it is rolled out',
      kind,
      `{spec: {replicas: 2}, status: {${complete}, ${conditions(available)}}}`,
      'Current',
      'all its replicas are available',
    ],
    [
      'with the longest deadline there is has none',
      kind,
      `{spec: {replicas: 2, progressDeadlineSeconds: 2147483647}, status: {${complete}, ${conditions(available)}}}`,
      'Current',
      'all its replicas are available',
    ],
    [
      'is in progress while it is not available',
      kind,
      `{${asked}, status: {${seen}, ${complete}, ${conditions(rolledOut)}}}`,
      'InProgress',
      'it is not available',
    ],
    [
      'has failed when its deadline has passed',
      kind,
      `{${asked}, status: {${seen}, ${conditions('{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: ReplicaSet x has timed out progressing.}')}}}`,
      'Failed',
      'ProgressDeadlineExceeded: ReplicaSet x has timed out progressing.',
    ],
    [
      'of another group is a kind that nobody knows',
      'example.com/v1 Deployment',
      '{spec: {replicas: 2}}',
      'Current',
      'nothing of it says otherwise',
    ],
  ]);
});

describe('a StatefulSet', () => {
  const kind = 'apps/v1 StatefulSet';
  judges([
    ['is in progress before its controller has seen it', kind, '', 'InProgress', '0 of 1 replicas are there'],
    [
      'waits for replicas to become ready',
      kind,
      '{spec: {replicas: 2}, status: {replicas: 2, readyReplicas: 1}}',
      'InProgress',
      '1 of 2 replicas are ready',
    ],
    [
      'waits for surplus replicas to end',
      kind,
      '{spec: {replicas: 1}, status: {replicas: 2, readyReplicas: 2}}',
      'InProgress',
      '1 replicas more than 1 have yet to end',
    ],
    [
      'waits for replicas of its current revision',
      kind,
      '{spec: {replicas: 2}, status: {replicas: 2, readyReplicas: 2, currentReplicas: 1}}',
      'InProgress',
      '1 of 2 replicas are current',
    ],
    [
      'waits for the revision to come',
      kind,
      '{spec: {replicas: 1}, status: {replicas: 1, readyReplicas: 1, currentReplicas: 1, currentRevision: a, updateRevision: b}}',
      'InProgress',
      'its current revision is a, the one to come b',
    ],
    [
      'is current when all of that has come',
      kind,
      '{spec: {replicas: 1}, status: {replicas: 1, readyReplicas: 1, currentReplicas: 1, currentRevision: b, updateRevision: b}}',
      'Current',
      'all its replicas are ready',
    ],
    [
      'with a partition waits for what lies above it',
      kind,
      '{spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 1}}}, status: {replicas: 3, readyReplicas: 3, updatedReplicas: 1}}',
      'InProgress',
      '1 of 2 replicas are updated',
    ],
    [
      'with a partition does not wait for what lies below it',
      kind,
      '{spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 1}}}, status: {replicas: 3, readyReplicas: 3, updatedReplicas: 2, currentRevision: a, updateRevision: b}}',
      'Current',
      'its replicas from the partition on are updated',
    ],
    [
      'that somebody updates by hand is not waited for',
      kind,
      '{spec: {replicas: 3, updateStrategy: {type: OnDelete}}}',
      'Current',
      'its pods are replaced when somebody deletes them',
    ],
  ]);
});

describe('a ReplicaSet', () => {
  const kind = 'apps/v1 ReplicaSet';
  judges([
    [
      'is in progress before its controller has seen it',
      kind,
      '',
      'InProgress',
      '0 of 1 replicas are labelled as asked for',
    ],
    [
      'that cannot make pods says why',
      kind,
      '{status: {conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: forbidden}]}}',
      'InProgress',
      'FailedCreate: forbidden',
    ],
    [
      'waits for replicas to become available',
      kind,
      '{spec: {replicas: 2}, status: {replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 1}}',
      'InProgress',
      '1 of 2 replicas are available',
    ],
    [
      'waits for surplus replicas to end',
      kind,
      '{spec: {replicas: 1}, status: {replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 2}}',
      'InProgress',
      '1 replicas more than 1 have yet to end',
    ],
    [
      'is current when all its replicas are there',
      kind,
      '{status: {replicas: 1, fullyLabeledReplicas: 1, readyReplicas: 1, availableReplicas: 1}}',
      'Current',
      'all its replicas are available',
    ],
  ]);
});

describe('a DaemonSet', () => {
  const kind = 'apps/v1 DaemonSet';
  const seen = 'metadata: {generation: 1}, status: {observedGeneration: 1';
  judges([
    [
      'is in progress before its controller has seen it',
      kind,
      '{metadata: {generation: 1}}',
      'InProgress',
      'its controller has not told how many nodes it is for',
    ],
    [
      'is in progress as long as its controller does not say which generation it has seen',
      kind,
      '{metadata: {generation: 1}, status: {desiredNumberScheduled: 0}}',
      'InProgress',
      'its controller has not told how many nodes it is for',
    ],
    [
      'on no node is current once that is said',
      kind,
      `{${seen}, desiredNumberScheduled: 0}}`,
      'Current',
      'a replica is available on each of its nodes',
    ],
    [
      'waits for each node',
      kind,
      `{${seen}, desiredNumberScheduled: 3, currentNumberScheduled: 2}}`,
      'InProgress',
      '2 of 3 replicas are scheduled',
    ],
    [
      'waits for replicas to become available',
      kind,
      `{${seen}, desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1}}`,
      'InProgress',
      '0 of 1 replicas are available',
    ],
    [
      'is current when all of that has come',
      kind,
      `{${seen}, desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1, numberReady: 1}}`,
      'Current',
      'a replica is available on each of its nodes',
    ],
  ]);
});

describe('a Job', () => {
  const kind = 'batch/v1 Job';
  judges([
    ['is in progress before it begins', kind, '', 'InProgress', 'it has not begun'],
    [
      'is in progress until it has done its work',
      kind,
      '{status: {startTime: "2026-01-01T00:00:00Z", active: 2, succeeded: 1}}',
      'InProgress',
      '2 of its pods run, 1 have succeeded, 0 have failed',
    ],
    [
      'is current when it has completed',
      kind,
      '{status: {conditions: [{type: Complete, status: "True"}]}}',
      'Current',
      'it has completed',
    ],
    ['is current when it is suspended', kind, '{spec: {suspend: true}}', 'Current', 'it is suspended'],
    [
      'has failed when it says so',
      kind,
      '{status: {conditions: [{type: FailureTarget, status: "True"}, {type: Failed, status: "True", reason: BackoffLimitExceeded, message: Job has reached the specified backoff limit}]}}',
      'Failed',
      'BackoffLimitExceeded: Job has reached the specified backoff limit',
    ],
    [
      'that repeats by a timetable is not waited for',
      'batch/v1 CronJob',
      '',
      'Current',
      'there is nothing to wait for',
    ],
  ]);
});

describe('a Pod', () => {
  const kind = 'v1 Pod';
  const waits = (reason: string, message: string): string =>
    `{name: web, state: {waiting: {reason: ${reason}, message: ${message}}}}`;
  const unschedulable =
    'conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: 0/1 nodes are available}]';
  judges([
    ['is in progress before anybody has seen it', kind, '', 'InProgress', 'nobody has seen it yet'],
    [
      'is in progress when it has found a node',
      kind,
      '{status: {phase: Pending, conditions: [{type: PodScheduled, status: "True"}]}}',
      'InProgress',
      'it has not begun',
    ],
    ['is in progress before it begins', kind, '{status: {phase: Pending}}', 'InProgress', 'it has not begun'],
    [
      'is in progress while its containers are made',
      kind,
      `{status: {phase: Pending, containerStatuses: [${waits('ContainerCreating', '""')}]}}`,
      'InProgress',
      'it has not begun',
    ],
    [
      'names the image that cannot be pulled',
      kind,
      `{status: {phase: Pending, containerStatuses: [${waits('ImagePullBackOff', 'Back-off pulling image web')}]}}`,
      'InProgress',
      'container web waits: ImagePullBackOff: Back-off pulling image web',
    ],
    [
      'says why a container that comes before the others waits',
      kind,
      `{status: {phase: Pending, initContainerStatuses: [${waits('CrashLoopBackOff', 'back-off 10s')}], containerStatuses: [${waits('PodInitializing', '""')}]}}`,
      'InProgress',
      'container web waits: CrashLoopBackOff: back-off 10s',
    ],
    [
      'is in progress while it looks for a node, and for no longer than a while',
      kind,
      `{metadata: {creationTimestamp: "2026-01-01T00:00:50Z"}, status: {phase: Pending, ${unschedulable}}}`,
      'InProgress',
      'Unschedulable: 0/1 nodes are available',
    ],
    [
      'has failed when no node has room for it',
      kind,
      `{metadata: {creationTimestamp: "2026-01-01T00:00:45Z"}, status: {phase: Pending, ${unschedulable}}}`,
      'Failed',
      'Unschedulable: 0/1 nodes are available',
    ],
    [
      'is current when it is Ready',
      kind,
      '{status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}',
      'Current',
      'it is Ready',
    ],
    [
      'is in progress when it runs and is not Ready',
      kind,
      '{status: {phase: Running, conditions: [{type: Ready, status: "False", reason: ContainersNotReady, message: "unready: [web]"}]}}',
      'InProgress',
      'ContainersNotReady: unready: [web]',
    ],
    [
      'is in progress when it runs and says no more',
      kind,
      '{status: {phase: Running}}',
      'InProgress',
      'it runs and is not ready',
    ],
    [
      'has failed when a container crashes again and again',
      kind,
      '{status: {phase: Running, containerStatuses: [{name: fine, state: {running: {}}}, {name: web, lastState: {terminated: {exitCode: 1}}, state: {waiting: {reason: CrashLoopBackOff, message: back-off 5m0s}}}]}}',
      'Failed',
      'container web waits: CrashLoopBackOff: back-off 5m0s, and ended with code 1 before',
    ],
    ['that has ended is current', kind, '{status: {phase: Succeeded}}', 'Current', 'it has ended well'],
    [
      'that has ended badly is current, as in kstatus',
      kind,
      '{status: {phase: Failed}}',
      'Current',
      'it has ended, and not well',
    ],
    ['whose node is lost is unknown', kind, '{status: {phase: Unknown}}', 'Unknown', 'its phase is Unknown'],
  ]);

  it('tells from when on it may be judged otherwise', () => {
    const pod = objectOf(
      kind,
      `{metadata: {creationTimestamp: "2026-01-01T00:00:50Z"}, status: {phase: Pending, ${unschedulable}}}`,
    );
    expect(healthOf(pod, now).until).toBe(Date.parse('2026-01-01T00:01:05Z'));
    expect(healthOf(pod, Date.parse('2026-01-01T00:01:05Z'))).toMatchObject({ status: 'Failed' });
  });
});

describe('other kinds', () => {
  const definition = 'apiextensions.k8s.io/v1 CustomResourceDefinition';
  judges([
    [
      'PersistentVolumeClaim: waits to be bound',
      'v1 PersistentVolumeClaim',
      '{status: {phase: Pending}}',
      'InProgress',
      'its phase is Pending',
    ],
    [
      'PersistentVolumeClaim: waits to be seen',
      'v1 PersistentVolumeClaim',
      '',
      'InProgress',
      'its phase is not set',
    ],
    [
      'PersistentVolumeClaim: is current when bound',
      'v1 PersistentVolumeClaim',
      '{status: {phase: Bound}}',
      'Current',
      'it is bound',
    ],
    [
      'PersistentVolume: is not waited for',
      'v1 PersistentVolume',
      '{status: {phase: Available}}',
      'Current',
      'nothing of it says otherwise',
    ],
    ['Service: is current', 'v1 Service', '', 'Current', 'it is ready'],
    [
      'Service: a balancer needs a cluster IP',
      'v1 Service',
      '{spec: {type: LoadBalancer}}',
      'InProgress',
      'it has no cluster IP',
    ],
    [
      'Service: a balancer needs no more',
      'v1 Service',
      '{spec: {type: LoadBalancer, clusterIP: 10.0.0.1}}',
      'Current',
      'it is ready',
    ],
    ['ConfigMap: is current', 'v1 ConfigMap', '', 'Current', 'there is nothing to wait for'],
    ['Secret: is current', 'v1 Secret', '', 'Current', 'there is nothing to wait for'],
    [
      'Namespace: is current',
      'v1 Namespace',
      '{status: {phase: Active}}',
      'Current',
      'nothing of it says otherwise',
    ],
    [
      'Namespace: is terminating when it is',
      'v1 Namespace',
      '{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {phase: Terminating}}',
      'Terminating',
      'it is being deleted',
    ],
    [
      'HorizontalPodAutoscaler: is not waited for',
      'autoscaling/v2 HorizontalPodAutoscaler',
      '{status: {conditions: [{type: AbleToScale, status: "False"}]}}',
      'Current',
      'nothing of it says otherwise',
    ],
    [
      'PodDisruptionBudget: waits for its controller',
      'policy/v1 PodDisruptionBudget',
      '{metadata: {generation: 2}, status: {observedGeneration: 1}}',
      'InProgress',
      'its controller has seen generation 1 of 2',
    ],
    [
      'PodDisruptionBudget: is current then',
      'policy/v1 PodDisruptionBudget',
      '',
      'Current',
      'there is nothing to wait for',
    ],
    [
      'CustomResourceDefinition: is in progress at first',
      definition,
      '',
      'InProgress',
      'it is not established',
    ],
    [
      'CustomResourceDefinition: is in progress while it is installed',
      definition,
      '{status: {conditions: [{type: NamesAccepted, status: "True"}, {type: Established, status: "False", reason: Installing}]}}',
      'InProgress',
      'it is not established',
    ],
    [
      'CustomResourceDefinition: is current when it is established',
      definition,
      '{status: {conditions: [{type: NamesAccepted, status: "True"}, {type: Established, status: "True"}]}}',
      'Current',
      'it is established',
    ],
    [
      'CustomResourceDefinition: has failed when its names are taken',
      definition,
      '{status: {conditions: [{type: NamesAccepted, status: "False", reason: PluralConflict, message: tasks is already in use}]}}',
      'Failed',
      'PluralConflict: tasks is already in use',
    ],
    [
      'CustomResourceDefinition: has failed when it cannot be established',
      definition,
      '{status: {conditions: [{type: Established, status: "False", reason: NotAccepted, message: not all names are accepted}]}}',
      'Failed',
      'NotAccepted: not all names are accepted',
    ],
  ]);
});

describe('the pods of an object', () => {
  const podOf = (name: string, yaml: string): KubernetesObject => {
    const pod = objectOf('v1 Pod', yaml);
    return { ...pod, metadata: { ...pod.metadata, name } };
  };
  const container = (reason: string): string =>
    `containerStatuses: [{name: main, state: {waiting: {reason: ${reason}, message: m}}}]`;
  const crashes = podOf('p1', `{status: {phase: Running, ${container('CrashLoopBackOff')}}}`);
  const noImage = podOf('p2', `{status: {phase: Pending, ${container('ImagePullBackOff')}}}`);
  const fine = podOf('p3', '{status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}');
  const going = podOf(
    'p4',
    `{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {phase: Running, ${container('CrashLoopBackOff')}}}`,
  );
  const homeless = podOf(
    'p5',
    '{metadata: {creationTimestamp: "2026-01-01T00:00:00Z"}, status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: no room}]}}',
  );
  const few = '0 of 1 replicas are there';
  const late =
    '{status: {conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: late}]}}';
  const done = '{spec: {replicas: 0}, status: {conditions: [{type: Available, status: "True"}]}}';

  it.each<
    [
      behaviour: string,
      kind: string,
      yaml: string,
      pods: KubernetesObject[],
      status: HealthStatus,
      message: string,
    ]
  >([
    [
      'say what a Deployment waits for',
      'apps/v1 Deployment',
      '',
      [fine, noImage],
      'InProgress',
      `${few}; Pod p2: container main waits: ImagePullBackOff: m`,
    ],
    [
      'say first of all what has failed',
      'apps/v1 Deployment',
      '',
      [noImage, crashes],
      'InProgress',
      `${few}; Pod p1: container main waits: CrashLoopBackOff: m`,
    ],
    [
      'say why a Deployment has failed',
      'apps/v1 Deployment',
      late,
      [noImage],
      'Failed',
      'ProgressDeadlineExceeded: late; Pod p2: container main waits: ImagePullBackOff: m',
    ],
    [
      'that have failed are the failure of a StatefulSet',
      'apps/v1 StatefulSet',
      '',
      [fine, crashes],
      'Failed',
      `${few}; Pod p1: container main waits: CrashLoopBackOff: m`,
    ],
    ['that are on their way out decide nothing', 'apps/v1 StatefulSet', '', [going], 'InProgress', few],
    [
      'that no node has room for decide nothing',
      'apps/v1 StatefulSet',
      '',
      [homeless],
      'InProgress',
      `${few}; Pod p5: Unschedulable: no room`,
    ],
    ['that are well say nothing', 'apps/v1 StatefulSet', '', [fine], 'InProgress', few],
    [
      'say nothing of an object that is current',
      'apps/v1 Deployment',
      done,
      [crashes],
      'Current',
      'all its replicas are available',
    ],
  ])('%s', (...[, kind, yaml, pods, status, message]) => {
    expect(healthOf(objectOf(kind, yaml), now, pods)).toMatchObject({ status, message });
  });
});
