import { type DesiredState, isReady, nameText, type ObjectName } from '../../api/index.ts';
import { type ShownPlan, shownPlan, tryPlan } from '../../apply/index.ts';
import type { Target } from '../../core/index.ts';
import type { AgentParts } from '../parts/agent-parts.ts';
import { converge } from './converge.ts';
import type { Failure } from './convergence.ts';
import type { DeliveryPlan, SitePlan } from './site-plan.ts';

/** Of one delivery at one target. */
interface Planned {
  readonly owner: ObjectName;
  readonly revision: string | undefined;
  readonly target: Target;
  readonly shown: ShownPlan;
}

type Plans = ReadonlyMap<string, readonly Planned[]>;

/**
 * What a pass would do now, found out by doing it: sources are polled and judged, deliveries built. Tidies nothing.
 * @param parts an agent's whose state is a copy and whose targets are only looked at: both are written to.
 * @throws SealiftError of what concerns the whole site; what concerns one source or delivery is in the plan.
 */
export async function planSite(
  { housekeeping: _, ...parts }: AgentParts,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<SitePlan> {
  const plans = new Map<string, Planned[]>();
  const planned: AgentParts['planned'] = async (owner, plan, target, revision) => {
    const known = plans.get(nameText(owner)) ?? [];
    // What is handed over is looked at twice; the first look is what is there now.
    if (known.some((one) => one.target === target)) return;
    const shown = shownPlan(await tryPlan(target, plan, signal));
    plans.set(nameText(owner), [...known, { owner, revision, target, shown }]);
  };
  const { failures } = await converge({ ...parts, planned }, desired, signal);
  return {
    deliveries: [...plans.values()].flat().map((one) => deliveryPlan(one, parts)),
    waiting: waitingOf(desired, plans, failures, parts),
    failures: failures.filter(
      (one) => !isOfDelivery(one) || !plans.has(nameText(one.subject)) || hasLeft(parts, one.subject),
    ),
  };
}

function deliveryPlan({ owner, revision, target, shown }: Planned, parts: AgentParts): DeliveryPlan {
  const { namespace, name } = owner;
  const what = revision === undefined ? { namespace, name } : { namespace, name, revision };
  const { description } = target;
  return { ...what, ...(description === parts.target.description ? {} : { target: description }), ...shown };
}

function waitingOf(
  { deliveries }: DesiredState,
  plans: Plans,
  failures: readonly Failure[],
  parts: AgentParts,
): SitePlan['waiting'] {
  const failed = new Set(failures.filter(isOfDelivery).map(({ subject }) => nameText(subject)));
  return deliveries
    .filter(({ metadata }) => !plans.has(nameText(metadata)) && !failed.has(nameText(metadata)))
    .map(({ metadata: { namespace, name }, spec }) => ({
      namespace,
      name,
      reason: spec.suspend ? 'suspended' : messageOf(parts, { namespace, name }),
    }));
}

function isOfDelivery({ subject }: Failure): boolean {
  return subject.kind === 'Kustomization';
}

/** What is in its way elsewhere is in no plan. */
function hasLeft({ state }: AgentParts, { namespace, name }: ObjectName): boolean {
  return (state.deliveries.find(namespace, name)?.former?.length ?? 0) > 0;
}

function messageOf({ state }: AgentParts, { namespace, name }: ObjectName): string {
  const conditions = state.deliveries.find(namespace, name)?.status.conditions ?? [];
  if (isReady(conditions)) return 'nothing to do';
  return conditions.find(({ type }) => type === 'Ready')?.message ?? 'waiting to be reconciled';
}
