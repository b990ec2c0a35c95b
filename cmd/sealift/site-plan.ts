import { join } from 'node:path';
import { type AgentParts, type OpenPlace, planSite, planTree, type SitePlan } from '../../src/agent/index.ts';
import type { DesiredState, Kustomization } from '../../src/api/index.ts';
import { copyState } from '../../src/site/index.ts';
import { createOverlayTarget } from '../../src/target/index.ts';
import { type AgentSettings, composeAgent } from './compose-agent.ts';
import { openTree } from './open-tree.ts';

/** Keys of this run lie in its directory, wherever those of the agent do. */
function ownPlaces(settings: AgentSettings, directory: string): AgentSettings {
  const { environment = {} } = settings;
  return {
    ...settings,
    stateDirectory: directory,
    environment: { ...environment, XDG_RUNTIME_DIR: undefined },
  };
}

/** The parts of an agent that only looks at its targets. */
function lookingOnly(parts: AgentParts): AgentParts {
  const { places } = parts;
  return {
    ...parts,
    target: createOverlayTarget(parts.target),
    ...(places === undefined
      ? {}
      : { places: { ...places, open: (request) => overlaid(places.open(request)) } }),
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

/** Gives a copy of the agent work, which writes nothing but its own copy of the state; `directory` is empty and of this run alone. */
async function withCopy<T>(
  settings: AgentSettings,
  directory: string,
  work: (parts: AgentParts) => Promise<T>,
): Promise<T> {
  await copyState(settings.stateDirectory, directory);
  const agent = await composeAgent(ownPlaces(settings, directory), []);
  try {
    return await work(lookingOnly(agent.parts));
  } finally {
    await agent.close();
  }
}

/**
 * What `sealift run --once` would do now. `directory` is empty and of this run alone.
 * @throws SealiftError of what concerns the whole site; what concerns one source or delivery is in the plan.
 */
export function planRun(
  settings: AgentSettings,
  desired: DesiredState,
  directory: string,
  signal: AbortSignal,
): Promise<SitePlan> {
  return withCopy(settings, directory, (parts) => planSite(parts, desired, signal));
}

/** What is planned with, where it is not what the source has. */
interface GivenTree {
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
export function planGivenTree(
  settings: AgentSettings,
  { delivery, desired, from, insecure }: GivenTree,
  directory: string,
  signal: AbortSignal,
): Promise<SitePlan> {
  return withCopy(settings, directory, async (parts) => {
    const input = { delivery, desired };
    const request = { from, input, demand: undefined, insecure, directory: join(directory, 'tree') };
    return planTree(parts, { ...input, artifact: await openTree(request, signal) }, signal);
  });
}
