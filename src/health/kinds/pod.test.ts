import { describe, expect, it } from 'vitest';
import { judges, now, objectOf } from '../../../test/fixtures/judged-health.ts';
import { healthOf } from '../index.ts';

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
