import { describe } from 'vitest';
import { judges } from '../../../test/fixtures/judged-health.ts';

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
