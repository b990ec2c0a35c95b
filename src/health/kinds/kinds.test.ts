import { describe } from 'vitest';
import { judges } from '../../../test/fixtures/judged-health.ts';

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
