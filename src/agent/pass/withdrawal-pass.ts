import { type DesiredState, deliverySubject } from '../../api/index.ts';
import { siteSubject } from '../../core/index.ts';
import { withdrawalFault, withdrawn, withdrawnSources } from '../deliveries/withdrawn.ts';
import type { AgentParts } from '../parts/agent-parts.ts';
import type { Reconcilers } from '../parts/reconcilers.ts';
import type { Convergence, Failure } from './convergence.ts';

/** What came of taking back what left the configuration. */
interface Taken extends Convergence {
  /** Some of it is deleted and not gone, and its delivery waits for that. */
  readonly isWaiting: boolean;
}

/** Milliseconds between two looks at what is deleted and not gone: as often as Flux does. */
const terminationPollMs = 2_000;

/** Forgets what has left the configuration, and takes back what its deliveries owned. */
export async function takeBackAll(
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

/** Waits until what was deleted is gone, or its time is up. */
export async function awaitTerminations(
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
