import type { KubernetesObject } from '../../core/index.ts';
import type { KubernetesClient, LiveObject } from './client.ts';
import { fieldManager } from './own-entry.ts';

export interface Trial {
  /** Asks what would come of it, and changes nothing. */
  readonly dryRun: boolean;
}

/** Server-side apply as kustomize-controller does it, but that an unknown field is refused. Takes an object in its applied form. */
export async function applyObject(
  client: KubernetesClient,
  object: KubernetesObject,
  { dryRun }: Trial,
  signal: AbortSignal,
): Promise<LiveObject> {
  const options = { fieldManager, force: true, dryRun, fieldValidation: 'Strict' } as const;
  return (await client.apply(object, options, signal)).object;
}
