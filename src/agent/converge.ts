import type { DesiredState, Kustomization } from '../api/index.ts';
import type { SealiftError } from '../core/index.ts';
import { isWaiting } from './delivery-transition.ts';
import { type AgentParts, createReconcilers, type Reconcilers } from './reconcilers.ts';
import { withdrawn } from './withdrawn.ts';

interface Pass {
  readonly waiting: readonly Kustomization[];
  readonly errors: readonly SealiftError[];
  readonly waits: readonly SealiftError[];
}

async function pollAll(
  { sources }: Reconcilers,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<readonly SealiftError[]> {
  const active = desired.sources.filter(({ spec }) => !spec.suspend);
  const runs = await Promise.all(active.map((source) => sources.reconcile(source, desired, signal)));
  return runs.flatMap(({ error }) => error ?? []);
}

/** One pass over deliveries; what has to wait for another one is given back. */
async function applyAll(
  { deliveries }: Reconcilers,
  candidates: readonly Kustomization[],
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Pass> {
  const waiting: Kustomization[] = [];
  const errors: SealiftError[] = [];
  const waits: SealiftError[] = [];
  for (const delivery of candidates) {
    const { error } = await deliveries.reconcile(delivery, desired, signal);
    if (error === undefined) continue;
    if (!isWaiting(error)) errors.push(error);
    else {
      waiting.push(delivery);
      waits.push(error);
    }
  }
  return { waiting, errors, waits };
}

/**
 * Brings the target to what the configuration asks for, once: every source is polled, every delivery applied, in the order of their
 * dependencies. Resolves to everything that failed; empty when the site has converged.
 */
export async function converge(
  parts: AgentParts,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<readonly SealiftError[]> {
  const reconcilers = createReconcilers(parts);
  const errors = [...(await pollAll(reconcilers, desired, signal))];
  for (const record of withdrawn(parts.state.deliveries(), desired))
    await reconcilers.deliveries.withdraw(record, signal);
  let candidates: readonly Kustomization[] = desired.deliveries.filter(({ spec }) => !spec.suspend);
  for (;;) {
    const pass = await applyAll(reconcilers, candidates, desired, signal);
    errors.push(...pass.errors);
    if (pass.waiting.length === 0) return errors;
    if (pass.waiting.length === candidates.length) return errors.length > 0 ? errors : pass.waits;
    candidates = pass.waiting;
  }
}
