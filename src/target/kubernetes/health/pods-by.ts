import { type KubernetesObject, knownKind, SealiftError } from '../../../core/index.ts';
import type { KubernetesClient } from '../client/client.ts';

/** Pods that are asked what an object waits for: they mostly wait for the same, and one may have a hundred kilobytes. */
const maxPods = 20;

/** Reads some of the pods of a namespace that a selector is for. They only say why in more words: without the right to look there are none. */
export function podsBy(
  client: KubernetesClient,
): (namespace: string, labelSelector: string, signal: AbortSignal) => Promise<readonly KubernetesObject[]> {
  return async (namespace, labelSelector, signal) => {
    const resource = await client.resourceOf(knownKind('pod'), signal);
    if (resource === undefined) return [];
    try {
      return await client.sample(resource, { namespace, labelSelector, limit: maxPods }, signal);
    } catch (thrown) {
      if (thrown instanceof SealiftError && thrown.code === 'TARGET_FORBIDDEN') return [];
      throw thrown;
    }
  };
}
