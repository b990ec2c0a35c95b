import { type DesiredState, deliverySubject, findNamed, type Kustomization } from '../../api/index.ts';
import { wayBack } from '../journal/journal.ts';
import type { Reconcilers } from '../parts/reconcilers.ts';
import { isWaiting } from '../status/delivery-transition.ts';
import type { Failure } from './convergence.ts';

interface Pass {
  readonly changes: number;
  readonly waiting: readonly Kustomization[];
  /** Deliveries with objects that others take over. */
  readonly handingOver: readonly Kustomization[];
  readonly failures: readonly Failure[];
  readonly waits: readonly Failure[];
}

/** One pass over deliveries; what has to wait for another one is given back. */
export async function applyAll(
  { deliveries }: Reconcilers,
  candidates: readonly Kustomization[],
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Pass> {
  const waiting: Kustomization[] = [];
  const handingOver: Kustomization[] = [];
  const failures: Failure[] = [];
  const waits: Failure[] = [];
  let changes = 0;
  for (const delivery of candidates) {
    const { changed, isHandingOver, error } = await deliveries.reconcile(delivery, desired, signal);
    changes += changed;
    if (isHandingOver) handingOver.push(delivery);
    if (error === undefined) continue;
    const failure = { subject: deliverySubject(delivery.metadata), error };
    if (!isWaiting(error)) failures.push(failure);
    else {
      waiting.push(delivery);
      waits.push(failure);
    }
  }
  return { changes, waiting, handingOver, failures, waits };
}

/** Deliveries with a revision that failed in this pass or before, and one that held which is not in force yet. */
function returning({ deliveries }: Reconcilers, desired: DesiredState): readonly Kustomization[] {
  return desired.deliveries.filter(
    (delivery) =>
      !delivery.spec.suspend && wayBack(deliveries.record(delivery).journal)?.stage === 'returning',
  );
}

/** Passes over deliveries until none waits any more, or those that do cannot be helped. */
export async function applyInOrder(
  reconcilers: Reconcilers,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Pass> {
  let candidates: readonly Kustomization[] = desired.deliveries.filter(({ spec }) => !spec.suspend);
  const failures: Failure[] = [];
  const handingOver: Kustomization[] = [];
  const hasReturned = new Set<Kustomization>();
  let changes = 0;
  for (;;) {
    const pass = await applyAll(reconcilers, candidates, desired, signal);
    failures.push(...pass.failures);
    handingOver.push(...pass.handingOver);
    changes += pass.changes;
    const unhealthy = await reconcilers.health.settled(signal);
    const goingBack = returning(reconcilers, desired).filter((delivery) => !hasReturned.has(delivery));
    const stuck = pass.waiting.length === candidates.length || pass.waiting.length === 0;
    if (stuck && goingBack.length === 0)
      return { ...pass, changes, failures: [...failures, ...unhealthy], handingOver };
    for (const delivery of goingBack) hasReturned.add(delivery);
    failures.push(
      ...unhealthy.filter(({ subject }) => findNamed(goingBack, subject.namespace, subject.name)),
    );
    candidates = [...pass.waiting, ...goingBack];
  }
}
