import { describe } from 'vitest';
import { judges } from '../../../test/fixtures/judged-health.ts';

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
