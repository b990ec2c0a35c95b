import { describe } from 'vitest';
import { judges } from '../../../test/fixtures/judged-health.ts';

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
