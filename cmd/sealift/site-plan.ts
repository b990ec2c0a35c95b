import { join } from 'node:path';
import { type AgentParts, converge, type OpenPlace, planWith } from '../../src/agent/index.ts';
import { type DesiredState, findNamed, isReady, type Kustomization } from '../../src/api/index.ts';
import { type ShownPlan, shownPlan, tryPlan } from '../../src/apply/index.ts';
import type { Owner, SealiftError, Subject, Target } from '../../src/core/index.ts';
import { copyState } from '../../src/site/index.ts';
import { createOverlayTarget } from '../../src/target/index.ts';
import { type AgentSettings, type ComposedAgent, composeAgent } from './compose-agent.ts';
import { openTree } from './open-tree.ts';

/** What a delivery would change. */
export interface DeliveryPlan extends ShownPlan {
  readonly namespace: string;
  readonly name: string;
  /** What it would deliver; absent where it is taken back, since it left the configuration or this target. */
  readonly revision?: string;
  /** Absent: that of the site. */
  readonly target?: string;
}

/** Of one delivery at one target. */
interface Planned {
  readonly owner: Owner;
  readonly target: Target;
  readonly shown: ShownPlan;
}

/** What a pass over the whole site would change. */
export interface SitePlan {
  readonly deliveries: readonly DeliveryPlan[];
  /** Deliveries without a plan: suspended, or waiting for what has failed. */
  readonly waiting: readonly (Owner & { readonly reason: string })[];
  readonly failures: readonly { readonly subject: Subject; readonly error: SealiftError }[];
}

/** Keys of this run lie in its directory, wherever those of the agent do. */
function ownPlaces(settings: AgentSettings, directory: string): AgentSettings {
  const { environment = {} } = settings;
  return {
    ...settings,
    stateDirectory: directory,
    environment: { ...environment, XDG_RUNTIME_DIR: undefined },
  };
}

/** The parts of an agent that writes nothing but its own copy of the state. */
function lookingOnly({ housekeeping: _, ...parts }: AgentParts, planned: AgentParts['planned']): AgentParts {
  const { places } = parts;
  return {
    ...parts,
    target: createOverlayTarget(parts.target),
    ...(places === undefined
      ? {}
      : { places: { ...places, open: (request) => overlaid(places.open(request)) } }),
    ...(planned === undefined ? {} : { planned }),
  };
}

function overlaid(opened: OpenPlace): OpenPlace {
  return {
    target: createOverlayTarget(opened.target),
    isAccountGone: (signal) => opened.isAccountGone(signal),
    uidOf: (ref, signal) => opened.uidOf(ref, signal),
    close: () => opened.close(),
  };
}

/**
 * What `sealift run --once` would do now, found out by doing it: sources are polled and judged, deliveries built, in a copy of the state and
 * over a target that is only looked at. `directory` is empty and of this run alone.
 * @throws SealiftError of what concerns the whole site; what concerns one source or delivery is in the plan.
 */
export async function planSite(
  settings: AgentSettings,
  desired: DesiredState,
  directory: string,
  signal: AbortSignal,
): Promise<SitePlan> {
  const agent = await composeCopy(settings, directory);
  try {
    const plans = new Map<string, Planned[]>();
    const parts = lookingOnly(agent.parts, async (owner, plan, target) => {
      const known = plans.get(keyOf(owner)) ?? [];
      // What is handed over is looked at twice; the first look is what is there now.
      if (known.some((one) => one.target === target)) return;
      const shown = shownPlan(await tryPlan(target, plan, signal));
      plans.set(keyOf(owner), [...known, { owner, target, shown }]);
    });
    const { failures } = await converge(parts, desired, signal);
    return {
      deliveries: [...plans.values()].flatMap((all) =>
        all.map((one, at) => deliveryPlan(one, at, parts, desired)),
      ),
      waiting: desired.deliveries
        .filter(({ metadata }) => !plans.has(keyOf(metadata)) && !isAmong(failures, metadata))
        .map(({ metadata, spec }) => ({
          namespace: metadata.namespace,
          name: metadata.name,
          reason: spec.suspend ? 'suspended' : messageOf(parts, metadata),
        })),
      failures: failures.filter(
        (one) => !isDelivery(one) || !plans.has(keyOf(one.subject)) || hasLeft(parts, one.subject),
      ),
    };
  } finally {
    await agent.close();
  }
}

/** What is planned with, where it is not what the source has. */
export interface TreePlanRequest {
  readonly delivery: Kustomization;
  readonly desired: DesiredState;
  /** A directory or a reference. */
  readonly from: string;
  readonly insecure: boolean;
}

/**
 * What one delivery would change if its source had this tree in force. `directory` is empty and of this run alone.
 * @throws SealiftError of whatever keeps it from a plan.
 */
export async function planTree(
  settings: AgentSettings,
  { delivery, desired, from, insecure }: TreePlanRequest,
  directory: string,
  signal: AbortSignal,
): Promise<SitePlan> {
  const agent = await composeCopy(settings, directory);
  try {
    const input = { delivery, desired };
    const request = { from, input, demand: undefined, insecure, directory: join(directory, 'tree') };
    const artifact = await openTree(request, signal);
    const parts = lookingOnly(agent.parts, undefined);
    const plan = await planWith(parts, { delivery, desired, artifact }, signal);
    const { namespace, name } = delivery.metadata;
    const planned = { namespace, name, revision: artifact.revision, ...shownPlan(plan) };
    return { deliveries: [planned], waiting: [], failures: [] };
  } finally {
    await agent.close();
  }
}

async function composeCopy(settings: AgentSettings, directory: string): Promise<ComposedAgent> {
  await copyState(settings.stateDirectory, directory);
  return composeAgent(ownPlaces(settings, directory), []);
}

function keyOf({ namespace, name }: Owner): string {
  return `${namespace}/${name}`;
}

function isAmong(failures: SitePlan['failures'], owner: Owner): boolean {
  return failures.some((one) => isDelivery(one) && keyOf(one.subject) === keyOf(owner));
}

function isDelivery({ subject }: SitePlan['failures'][number]): boolean {
  return subject.kind === 'Kustomization';
}

/** What is in its way elsewhere is in no plan. */
function hasLeft({ state }: AgentParts, { namespace, name }: Owner): boolean {
  return (state.deliveries.find(namespace, name)?.former?.length ?? 0) > 0;
}

/** The first plan of a delivery is of where it goes. */
function deliveryPlan(
  { owner, target, shown }: Planned,
  at: number,
  parts: AgentParts,
  desired: DesiredState,
): DeliveryPlan {
  const { namespace, name } = owner;
  const what = at === 0 ? revisionOf(parts, desired, owner) : { namespace, name };
  const { description } = target;
  return { ...what, ...(description === parts.target.description ? {} : { target: description }), ...shown };
}

function revisionOf(
  { state }: AgentParts,
  desired: DesiredState,
  { namespace, name }: Owner,
): Pick<DeliveryPlan, 'namespace' | 'name' | 'revision'> {
  const isWanted = findNamed(desired.deliveries, namespace, name) !== undefined;
  const revision = state.deliveries.find(namespace, name)?.status.lastAttemptedRevision;
  return { namespace, name, ...(isWanted && revision !== undefined ? { revision } : {}) };
}

function messageOf({ state }: AgentParts, { namespace, name }: Owner): string {
  const conditions = state.deliveries.find(namespace, name)?.status.conditions ?? [];
  if (isReady(conditions)) return 'nothing to do';
  return conditions.find(({ type }) => type === 'Ready')?.message ?? 'waiting to be reconciled';
}
