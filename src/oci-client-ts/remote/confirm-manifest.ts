import type { Descriptor } from '../descriptor.ts';
import { OciError } from '../errors.ts';
import type { Operation } from '../store.ts';
import { hasContent } from './contents.ts';
import type { Endpoint } from './endpoint.ts';

/** A registry may take a moment to show what it took. */
const maxLooks = 3;
const lookDelayMs = 300;

/**
 * Makes sure, once for each repository, that what was pushed can be had: some registries accept a push to a repository that does not exist.
 * @throws OciError `not-found`.
 */
export async function confirmManifest(
  endpoint: Endpoint,
  descriptor: Descriptor,
  options: Operation,
): Promise<void> {
  const memory = endpoint.learned.repository(endpoint.repository);
  const signal = options.signal ?? new AbortController().signal;
  for (let look = 1; !memory.isThere && look <= maxLooks; look += 1) {
    if (look > 1) await endpoint.clock.sleep(lookDelayMs * look * endpoint.retrying.jitter.next(), signal);
    memory.isThere = await hasContent(endpoint, descriptor, { signal, forPush: true });
  }
  if (memory.isThere) return;
  throw new OciError(
    'not-found',
    endpoint.name(descriptor.digest),
    'expected the manifest after it was accepted, got none: does the repository exist?',
  );
}
