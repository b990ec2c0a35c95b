import type { KubernetesObject } from '../../../core/index.ts';
import type { KubernetesClient, LiveObject } from '../client/client.ts';
import { fieldManager } from '../fields/own-entry.ts';

export interface Trial {
  /** Asks what would come of it, and changes nothing. */
  readonly dryRun: boolean;
  /** Whether fields of others become ours; else they are a TARGET_CONFLICT. Default true. */
  readonly force?: boolean;
}

/** Server-side apply as kustomize-controller does it, but that an unknown field is refused. Takes an object in its applied form. */
export async function applyObject(
  client: KubernetesClient,
  object: KubernetesObject,
  { dryRun, force = true }: Trial,
  signal: AbortSignal,
): Promise<LiveObject> {
  return (await client.apply(object, { fieldManager, force, dryRun }, signal)).object;
}
