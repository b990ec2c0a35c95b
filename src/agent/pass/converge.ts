import type { DesiredState, Kustomization } from '../../api/index.ts';
import { asSealiftError, siteSubject } from '../../core/index.ts';
import { withdrawn } from '../deliveries/withdrawn.ts';
import { inForce } from '../housekeeping/housekeeping.ts';
import type { AgentParts } from '../parts/agent-parts.ts';
import { createReconcilers, type Reconcilers } from '../parts/reconcilers.ts';
import type { Convergence } from './convergence.ts';
import { applyAll, applyInOrder } from './delivery-pass.ts';
import { passOverSources } from './source-pass.ts';
import { awaitTerminations, takeBackAll } from './withdrawal-pass.ts';

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
  const failures = [...(await passOverSources(reconcilers, desired, signal))];
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
