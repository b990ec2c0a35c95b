import { shownPlan, tryPlan } from '../../apply/index.ts';
import { planOnly } from '../deliveries/delivery-pipeline.ts';
import { Neighbourhood } from '../deliveries/neighbourhood.ts';
import type { AgentParts } from '../parts/agent-parts.ts';
import { createReconcilers } from '../parts/reconcilers.ts';
import { StageFailure } from '../stages/stage-failure.ts';
import type { BuildRequest } from '../stages/stages.ts';
import type { SitePlan } from './site-plan.ts';

/**
 * What a delivery would change if its source had this tree in force, for the deliveries that share it as well. Changes nothing.
 * @throws SealiftError of the build or the target.
 */
export async function planTree(
  parts: AgentParts,
  { delivery, desired, artifact }: BuildRequest,
  signal: AbortSignal,
): Promise<SitePlan> {
  const { stages, state } = parts;
  const { sources, targets } = createReconcilers(parts, () => undefined);
  const neighbourhood = new Neighbourhood({ build: stages.build, sources: sources.inForce, state, targets });
  const { namespace, name } = delivery.metadata;
  const { inventory } = state.deliveries.find(namespace, name)?.status ?? {};
  const request = {
    delivery,
    desired,
    artifact,
    inventory: inventory?.entries ?? [],
    neighbours: () => neighbourhood.of(delivery, artifact, desired, signal),
  };
  try {
    const { target } = targets.of(delivery, desired);
    const plan = await planOnly({ build: stages.build, target }, request, signal);
    const shown = shownPlan(await tryPlan(target, plan, signal));
    const planned = { namespace, name, revision: artifact.revision, ...shown };
    return { deliveries: [planned], waiting: [], failures: [] };
  } catch (thrown) {
    throw thrown instanceof StageFailure ? thrown.error : thrown;
  } finally {
    await targets.close();
  }
}
