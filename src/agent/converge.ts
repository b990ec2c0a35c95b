import type { DeliveryRecord, DesiredState, Kustomization } from '../api/index.ts';
import type { SealiftError } from '../core/index.ts';
import { isWaiting } from './delivery-transition.ts';
import { type AgentParts, createReconcilers, type Reconcilers } from './reconcilers.ts';
import { siteSubject as site } from './subjects.ts';
import { withdrawn } from './withdrawn.ts';

/** How a pass over the whole site ended. */
export interface Convergence {
  /** Objects created, configured or deleted. */
  readonly changes: number;
  /** Empty when the site has converged. */
  readonly errors: readonly SealiftError[];
}

interface Pass {
  readonly changes: number;
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
  let changes = 0;
  for (const delivery of candidates) {
    const { changed, error } = await deliveries.reconcile(delivery, desired, signal);
    changes += changed;
    if (error === undefined) continue;
    if (!isWaiting(error)) errors.push(error);
    else {
      waiting.push(delivery);
      waits.push(error);
    }
  }
  return { changes, waiting, errors, waits };
}

/** Takes back what deliveries owned that have left the configuration. */
async function withdrawAll(
  { deliveries }: Reconcilers,
  records: readonly DeliveryRecord[],
  signal: AbortSignal,
): Promise<readonly SealiftError[]> {
  const errors: SealiftError[] = [];
  for (const record of records) {
    const error = await deliveries.withdraw(record, signal);
    if (error !== undefined) errors.push(error);
  }
  return errors;
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
  const reconcilers = createReconcilers(parts);
  const errors = [...(await pollAll(reconcilers, desired, signal))];
  errors.push(...(await withdrawAll(reconcilers, withdrawn(parts.state.deliveries(), desired), signal)));
  let changes = 0;
  let candidates: readonly Kustomization[] = desired.deliveries.filter(({ spec }) => !spec.suspend);
  for (;;) {
    const pass = await applyAll(reconcilers, candidates, desired, signal);
    errors.push(...pass.errors);
    changes += pass.changes;
    const stuck = pass.waiting.length === candidates.length;
    if (stuck && errors.length === 0) errors.push(...pass.waits);
    if (stuck || pass.waiting.length === 0) break;
    candidates = pass.waiting;
  }
  reconcilers.emit(site, { kind: 'converged', changes, failures: errors.length });
  return { changes, errors };
}
