import { current, type Health, type HealthRule, inProgress } from '../health.ts';
import { textAt } from '../live-field.ts';
import { daemonSetHealth } from './daemon-set.ts';
import { definitionHealth } from './definition.ts';
import { deploymentHealth } from './deployment.ts';
import { jobHealth } from './job.ts';
import { podHealth } from './pod.ts';
import { replicaSetHealth } from './replica-set.ts';
import { statefulSetHealth } from './stateful-set.ts';

const always = (): Health => current('there is nothing to wait for');

const boundClaim: HealthRule = (object) => {
  const phase = textAt(object, 'status', 'phase');
  return phase === 'Bound' ? current('it is bound') : inProgress(`its phase is ${phase ?? 'not set'}`);
};

/** A balancer that never gives an address is nobody's failure here, as in kstatus. */
const service: HealthRule = (object) => {
  const isBalanced = textAt(object, 'spec', 'type') === 'LoadBalancer';
  const hasAddress = (textAt(object, 'spec', 'clusterIP') ?? '') !== '';
  return isBalanced && !hasAddress ? inProgress('it has no cluster IP') : current('it is ready');
};

/** Kinds that have failed when a pod of theirs has, though they do not say so themselves. */
export const podsDecide: ReadonlySet<string> = new Set(['apps/ReplicaSet', 'apps/StatefulSet']);

/**
 * Kinds with rules of their own, by `GROUP/KIND`, in the way of kstatus, which Flux uses:
 * https://github.com/kubernetes-sigs/cli-utils/blob/v0.38.1/pkg/kstatus/README.md
 */
export const kindRules: Readonly<Record<string, HealthRule>> = {
  '/ConfigMap': always,
  '/PersistentVolumeClaim': boundClaim,
  '/Pod': podHealth,
  '/Secret': always,
  '/Service': service,
  'apiextensions.k8s.io/CustomResourceDefinition': definitionHealth,
  'apps/DaemonSet': daemonSetHealth,
  'apps/Deployment': deploymentHealth,
  'apps/ReplicaSet': replicaSetHealth,
  'apps/StatefulSet': statefulSetHealth,
  'batch/CronJob': always,
  'batch/Job': jobHealth,
  'policy/PodDisruptionBudget': always,
};
