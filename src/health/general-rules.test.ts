import { describe } from 'vitest';
import { judges } from '../../test/fixtures/judged-health.ts';

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
