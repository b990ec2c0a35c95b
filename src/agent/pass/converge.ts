import {
  type DesiredState,
  deliverySubject,
  findNamed,
  type Kustomization,
  type OciRepository,
  sourceSubject,
} from '../../api/index.ts';
import {
  asSealiftError,
  inParallel,
  type SealiftError,
  type Subject,
  siteSubject,
} from '../../core/index.ts';
import { withdrawalFault, withdrawn, withdrawnSources } from '../deliveries/withdrawn.ts';
import { inForce } from '../housekeeping/housekeeping.ts';
import { wayBack } from '../journal/journal.ts';
import type { AgentParts } from '../parts/agent-parts.ts';
import { createReconcilers, type Reconcilers } from '../parts/reconcilers.ts';
import { isWaiting } from '../status/delivery-transition.ts';

/** A source or delivery that failed, and why. */
export interface Failure {
  readonly subject: Subject;
  readonly error: SealiftError;
}

/** How a pass over the whole site ended. */
export interface Convergence {
  /** Objects created, configured or deleted. */
  readonly changes: number;
  /** Empty when the site has converged; sources first. */
  readonly failures: readonly Failure[];
}

/** What came of taking back what left the configuration. */
interface Taken extends Convergence {
  /** Some of it is deleted and not gone, and its delivery waits for that. */
  readonly isWaiting: boolean;
}

interface Pass {
  readonly changes: number;
  readonly waiting: readonly Kustomization[];
  /** Deliveries with objects that others take over. */
  readonly handingOver: readonly Kustomization[];
  readonly failures: readonly Failure[];
  readonly waits: readonly Failure[];
}

/** Milliseconds between two looks at what is deleted and not gone: as often as Flux does. */
const terminationPollMs = 2_000;

/** As many as the engine has at once. */
const parallelPolls = 4;

/** Failures of judgements or polls, by source. */
type Failures = ReadonlyMap<OciRepository, SealiftError>;

/** Judges again what is in force under other policies or keys; what is denied is so at every pass. */
async function judgeAll(
  { sources }: Reconcilers,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Failures> {
  const failures = new Map<OciRepository, SealiftError>();
  const judge = async (source: OciRepository, stop: AbortSignal): Promise<void> => {
    const judged = await sources.judge(source, desired, stop);
    const error = judged.error ?? sources.denial(source, desired);
    if (error !== undefined) failures.set(source, error);
  };
  await inParallel(desired.sources, parallelPolls, judge, signal);
  return failures;
}

async function pollAll(
  { sources }: Reconcilers,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Failures> {
  const active = desired.sources.filter(({ spec }) => !spec.suspend);
  const failures = new Map<OciRepository, SealiftError>();
  const poll = async (source: OciRepository, stop: AbortSignal): Promise<void> => {
    const { error } = await sources.reconcile(source, desired, stop);
    if (error !== undefined) failures.set(source, error);
  };
  await inParallel(active, parallelPolls, poll, signal);
  return failures;
}

/**
 * What to report of each source. A poll speaks of what the source names now; where it could not find that out, or nobody polls, why what is in
 * force is not used any more is not hidden behind that.
 */
function sourceFailures(sources: readonly OciRepository[], judged: Failures, polled: Failures): Failure[] {
  return sources.flatMap((source) => {
    const subject = sourceSubject(source.metadata);
    const [again, now] = [judged.get(source), polled.get(source)];
    const isTold = source.spec.suspend || (now?.origin === 'registry' && now.code !== again?.code);
    return [...(isTold && again !== undefined ? [again] : []), ...(now === undefined ? [] : [now])].map(
      (error) => ({ subject, error }),
    );
  });
}

/** One pass over deliveries; what has to wait for another one is given back. */
async function applyAll(
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
async function applyInOrder(
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

/** What was taken over in this pass leaves the inventory of the delivery that had it. */
async function endHandovers(
  reconcilers: Reconcilers,
  parts: AgentParts,
  {
    desired,
    handingOver,
  }: { readonly desired: DesiredState; readonly handingOver: readonly Kustomization[] },
  signal: AbortSignal,
): Promise<Convergence> {
  const pass = await applyAll(reconcilers, handingOver, desired, signal);
  const left = withdrawn(parts.state.deliveries.all(), desired).length > 0;
  const taken = left ? await takeBackAll(reconcilers, parts, desired, signal) : { changes: 0, failures: [] };
  return { changes: pass.changes + taken.changes, failures: pass.failures };
}

/** Waits until what was deleted is gone, or its time is up. */
async function awaitTerminations(
  reconcilers: Reconcilers,
  parts: AgentParts,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Convergence> {
  let changes = 0;
  for (;;) {
    await parts.clock.sleep(terminationPollMs, signal);
    const taken = await takeBackAll(reconcilers, parts, desired, signal);
    changes += taken.changes;
    if (!taken.isWaiting) return { changes, failures: taken.failures };
  }
}

/** Forgets what has left the configuration, and takes back what its deliveries owned. */
async function takeBackAll(
  { deliveries }: Reconcilers,
  { state, withdrawAll }: AgentParts,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Taken> {
  const fault = withdrawalFault(state.deliveries.all(), desired, withdrawAll);
  if (fault !== undefined)
    return { changes: 0, failures: [{ subject: siteSubject, error: fault }], isWaiting: false };
  const failures: Failure[] = [];
  let changes = 0;
  let isWaiting = false;
  for (const { namespace, name } of withdrawnSources(state.sources.all(), desired))
    state.sources.remove(namespace, name);
  for (const record of withdrawn(state.deliveries.all(), desired)) {
    const { changed, error, lookAgainMs } = await deliveries.withdraw(record, desired, signal);
    changes += changed;
    isWaiting ||= error === undefined && lookAgainMs !== undefined;
    if (error !== undefined) failures.push({ subject: deliverySubject(record), error });
  }
  return { changes, failures, isWaiting };
}

/** What it cannot remove is told; the site has converged nevertheless. */
async function keepHouse(
  { housekeeping, state }: AgentParts,
  { emit }: Reconcilers,
  signal: AbortSignal,
): Promise<void> {
  await housekeeping
    ?.collect(inForce(state.sources.all(), state.deliveries.all()), signal)
    .catch((thrown) => {
      signal.throwIfAborted();
      const { code, message } = asSealiftError(thrown, 'housekeeping');
      emit(siteSubject, { kind: 'failed', stage: 'site', code, message });
    });
}

/**
 * Brings the target to what the configuration asks for, once: every source is polled, every delivery applied, in the order of their
 * dependencies.
 */
export async function converge(
  parts: AgentParts,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Convergence> {
  const reconcilers = createReconcilers(parts, () => undefined);
  try {
    return await passOver(reconcilers, parts, desired, signal);
  } finally {
    reconcilers.health.close();
    await reconcilers.targets.close();
    reconcilers.lives.end();
  }
}

async function passOver(
  reconcilers: Reconcilers,
  parts: AgentParts,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Convergence> {
  const judged = await judgeAll(reconcilers, desired, signal);
  const polled = await pollAll(reconcilers, desired, signal);
  const failures = sourceFailures(desired.sources, judged, polled);
  const taken = await takeBackAll(reconcilers, parts, desired, signal);
  failures.push(...taken.failures);
  for (const delivery of desired.deliveries.filter(({ spec }) => spec.suspend))
    reconcilers.deliveries.hold(delivery);
  const applied = await applyInOrder(reconcilers, desired, signal);
  failures.push(...applied.failures);
  if (failures.length === 0) failures.push(...applied.waits);
  const ended = await endHandovers(reconcilers, parts, { desired, handingOver: applied.handingOver }, signal);
  failures.push(...ended.failures);
  const waited = taken.isWaiting
    ? await awaitTerminations(reconcilers, parts, desired, signal)
    : { changes: 0, failures: [] };
  failures.push(...waited.failures);
  const changes = taken.changes + applied.changes + ended.changes + waited.changes;
  await keepHouse(parts, reconcilers, signal);
  reconcilers.emit(siteSubject, { kind: 'converged', changes, failures: failures.length });
  return { changes, failures };
}
