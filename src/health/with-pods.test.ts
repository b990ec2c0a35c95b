import { describe, expect, it } from 'vitest';
import { now, objectOf } from '../../test/fixtures/judged-health.ts';
import type { KubernetesObject } from '../core/index.ts';
import { type HealthStatus, healthOf } from './index.ts';

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
