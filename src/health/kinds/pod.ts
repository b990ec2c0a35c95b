import type { KubernetesObject } from '../../core/index.ts';
import { current, failed, type Health, inProgress, unknown } from '../health.ts';
import { conditionOf, wordsOf } from '../live-condition.ts';
import { listAt, numberAt, textAt } from '../live-field.ts';

/** Milliseconds that a pod may take to find a node before it counts as one that none has room for, as in kstatus. */
const scheduleWindowMs = 15_000;

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ */
export function podHealth(object: KubernetesObject, now: number): Health {
  const phase = textAt(object, 'status', 'phase');
  switch (phase) {
    case 'Succeeded':
      return current('it has ended well');
    case 'Failed':
      return current('it has ended, and not well');
    case 'Running':
      return runningHealth(object);
    case 'Pending':
      return pendingHealth(object, now);
    case undefined:
    case '':
      return inProgress('nobody has seen it yet');
    default:
      return unknown(`its phase is ${phase}`);
  }
}

function runningHealth(object: KubernetesObject): Health {
  const ready = conditionOf(object, 'Ready');
  if (ready?.status === 'True') return current('it is Ready');
  const crashing = containersOf(object).filter(({ reason }) => reason === 'CrashLoopBackOff');
  if (crashing.length > 0) return failed(crashing.map(whyItWaits).join('; '));
  return inProgress(
    whyNotReady(object) ?? (ready === undefined ? 'it runs and is not ready' : wordsOf(ready)),
  );
}

/** No node has room for it. */
export function isUnschedulable(object: KubernetesObject): boolean {
  const scheduled = conditionOf(object, 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable';
}

function pendingHealth(object: KubernetesObject, now: number): Health {
  const scheduled = conditionOf(object, 'PodScheduled');
  if (scheduled === undefined || !isUnschedulable(object)) {
    return inProgress(whyNotReady(object) ?? 'it has not begun');
  }
  const until = Date.parse(textAt(object, 'metadata', 'creationTimestamp') ?? '') + scheduleWindowMs;
  return now < until ? { ...inProgress(wordsOf(scheduled)), until } : failed(wordsOf(scheduled));
}

interface Container {
  readonly name: string;
  /** Why it waits: `ImagePullBackOff` and its kin; empty when it does not. */
  readonly reason: string;
  readonly message: string;
  /** Of the run before. */
  readonly exitCode: number | undefined;
}

function containersOf(object: KubernetesObject, field = 'containerStatuses'): readonly Container[] {
  return listAt(object, 'status', field).map((entry) => ({
    name: textAt(entry, 'name') ?? '',
    reason: textAt(entry, 'state', 'waiting', 'reason') ?? '',
    message: textAt(entry, 'state', 'waiting', 'message') ?? '',
    exitCode: numberAt(entry, 'lastState', 'terminated', 'exitCode'),
  }));
}

/** Reasons that come before a container begins, and say nothing. */
const ordinary: ReadonlySet<string> = new Set(['', 'ContainerCreating', 'PodInitializing']);

function whyNotReady(object: KubernetesObject): string | undefined {
  const containers = [...containersOf(object, 'initContainerStatuses'), ...containersOf(object)];
  const waiting = containers.filter(({ reason }) => !ordinary.has(reason));
  return waiting.length === 0 ? undefined : waiting.map(whyItWaits).join('; ');
}

function whyItWaits({ name, reason, message, exitCode }: Container): string {
  const words = message === '' ? reason : `${reason}: ${message}`;
  return `container ${name} waits: ${words}${exitCode === undefined ? '' : `, and ended with code ${exitCode} before`}`;
}
