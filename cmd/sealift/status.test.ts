import { describe, expect, it } from 'vitest';
import type { Condition } from '../../src/api/index.ts';
import { formatStatus } from './status.ts';

function statusOf(
  ...conditions: readonly (readonly [type: string, status: Condition['status'], message: string])[]
) {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace: 'edge', name: 'app', generation: 1 },
    status: {
      observedGeneration: 1,
      conditions: conditions.map(([type, status, message]) => ({
        type,
        status,
        message,
        reason: 'Because',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        observedGeneration: 1,
      })),
    },
  };
}

describe('the table of a status', () => {
  it.each<[behaviour: string, object: ReturnType<typeof statusOf>, shown: string]>([
    ['says what is ready', statusOf(['Ready', 'True', 'Applied']), 'True   Applied'],
    ['says why something is not', statusOf(['Ready', 'False', 'no path']), 'False  no path'],
    [
      'says what is suspended',
      { ...statusOf(['Ready', 'True', 'Applied']), ...{ spec: { suspend: true } as const } },
      'True       True   Applied',
    ],
    [
      'says that nothing is suspended that is not',
      statusOf(['Ready', 'True', 'Applied']),
      'False      True   Applied',
    ],
    ['says that nothing was tried yet', statusOf(), 'False  waiting to be reconciled'],
    [
      'says what is waited for',
      statusOf(
        ['Ready', 'Unknown', 'Reconciliation in progress'],
        ['Healthy', 'Unknown', 'Running health checks'],
      ),
      'Unknown  Running health checks',
    ],
    [
      'says that what is ready would not be taken up any more',
      statusOf(['Ready', 'True', 'Applied'], ['Fresh', 'False', 'it has expired']),
      'True   it has expired',
    ],
    [
      'names what is deleted and not gone',
      statusOf(['Ready', 'True', 'Applied'], ['Terminating', 'True', 'ConfigMap/a held by x\nand another']),
      'True   ConfigMap/a held by x',
    ],
    [
      'says first why something is not ready',
      statusOf(['Ready', 'False', 'no path'], ['Fighting', 'True', 'ConfigMap/a']),
      'False  no path',
    ],
  ])('%s', (_behaviour, object, shown) => {
    expect(formatStatus([object], 'table')).toContain(shown);
  });
});
