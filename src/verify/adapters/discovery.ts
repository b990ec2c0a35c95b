import type { Descriptor } from 'oci-client-ts';
import { asRegistryError } from '../../api/index.ts';
import type { Sought } from '../evidence/referrer-selection.ts';
import { ByteBudget } from './byte-budget.ts';
import type { Discovery, DiscoveryRequest } from './discovered.ts';
import { ReferrerSearch } from './referrer-search.ts';
import { discoverTagged } from './tagged-evidence.ts';

/** Referrers of any kind that are listed; beyond it signatures may be missed, which refuses, never accepts. */
const maxListed = 1024;

/**
 * Finds what may be signatures of an artifact, then what may be attestations: bundles first, then legacy ones, each only where somebody
 * asks for it. Nothing is fetched before it is asked for, so who has seen enough stops.
 * @throws SealiftError REGISTRY_* when the registry could not be asked what there is: an outage is never "unsigned".
 */
export async function* discover(request: DiscoveryRequest, signal: AbortSignal): Discovery {
  const search = { ...request, budget: new ByteBudget() };
  const referrers = new ReferrerSearch(search, await listReferrers(request, signal));
  for (const sought of soughtBy(request)) {
    if (request.formats.has('bundle')) yield* referrers.bundles(sought, signal);
    if (!request.formats.has('legacy')) continue;
    yield* referrers.layers(sought.purpose, signal);
    yield* discoverTagged(search, sought.purpose, signal);
  }
}

function soughtBy({ attestations }: DiscoveryRequest): readonly Sought[] {
  const signatures: Sought = { purpose: 'signature' };
  return attestations === undefined
    ? [signatures]
    : [signatures, { purpose: 'attestation', ...attestations }];
}

async function listReferrers(
  { repository, subject }: DiscoveryRequest,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const listing: Descriptor[] = [];
  try {
    for await (const descriptor of repository.referrers(subject, { signal })) {
      listing.push(descriptor);
      if (listing.length >= maxListed) break;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw asRegistryError(thrown, `referrers of ${subject.digest}`);
  }
  return listing;
}
