import { describe } from 'vitest';
import { judges } from '../../../test/fixtures/judged-health.ts';

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
