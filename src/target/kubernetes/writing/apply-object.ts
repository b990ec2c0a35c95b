import type { KubernetesObject } from '../../../core/index.ts';
import type { KubernetesClient, LiveObject } from '../client/client.ts';
import { fieldManager } from '../fields/own-entry.ts';

export interface ApplyPorts {
  readonly client: KubernetesClient;
  /** Told what the server has to say of an object that it took. */
  readonly warned?: ((warnings: readonly string[]) => void) | undefined;
}

export interface Trial {
  /** Asks what would come of it, and changes nothing. */
  readonly dryRun: boolean;
  /** Whether fields of others become ours; else they are a TARGET_CONFLICT. Default true. */
  readonly force?: boolean;
}

/** Server-side apply as kustomize-controller does it, but that an unknown field is refused. Takes an object in its applied form. */
export async function applyObject(
  { client, warned }: ApplyPorts,
  object: KubernetesObject,
  { dryRun, force = true }: Trial,
  signal: AbortSignal,
): Promise<LiveObject> {
  const applied = await client.apply(object, { fieldManager, force, dryRun }, signal);
  if (!dryRun && applied.warnings.length > 0) warned?.(applied.warnings);
  return applied.object;
}
