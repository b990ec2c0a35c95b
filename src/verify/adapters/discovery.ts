import type { Descriptor } from 'oci-client-ts';
import { asRegistryError } from '../../api/index.ts';
import type { Purpose } from '../evidence/candidate.ts';
import type { Sought } from '../evidence/referrer-selection.ts';
import { ByteBudget } from './byte-budget.ts';
import type { Discovery, DiscoveryRequest } from './discovered.ts';
import { ReferrerSearch } from './referrer-search.ts';
import { discoverTagged, lookUpTagged, type TaggedLookup } from './tagged-evidence.ts';

/** Referrers of any kind that are listed; beyond it signatures may be missed, which refuses, never accepts. */
const maxListed = 1024;

/**
 * Finds what may be signatures of an artifact, then what may be attestations: bundles first, then legacy ones, each only where somebody
 * asks for it. Nothing is fetched before it is asked for, so who has seen enough stops; an exhaustive request alone asks ahead, for tags.
 * @throws SealiftError REGISTRY_* when the registry could not be asked what there is: an outage is never "unsigned".
 */
export async function* discover(request: DiscoveryRequest, signal: AbortSignal): Discovery {
  const search = { ...request, budget: new ByteBudget() };
  const stop = new AbortController();
  const ahead = lookUpAhead(request, AbortSignal.any([signal, stop.signal]));
  try {
    const referrers = new ReferrerSearch(search, await listReferrers(request, signal));
    for (const sought of soughtBy(request)) {
      const { purpose } = sought;
      if (request.formats.has('bundle')) yield* referrers.bundles(sought, signal);
      if (!request.formats.has('legacy')) continue;
      yield* referrers.layers(purpose, signal);
      yield* discoverTagged(
        search,
        purpose,
        ahead.get(purpose) ?? lookUpTagged(request, purpose, signal),
        signal,
      );
    }
  } finally {
    stop.abort();
  }
}

function lookUpAhead(request: DiscoveryRequest, signal: AbortSignal): ReadonlyMap<Purpose, TaggedLookup> {
  if (request.exhaustive !== true || !request.formats.has('legacy')) return new Map();
  return new Map(
    soughtBy(request).map(({ purpose }) => {
      const lookup = lookUpTagged(request, purpose, signal);
      // Whoever waits for it hears of an abort; nobody waits where listing failed first.
      lookup.catch(() => undefined);
      return [purpose, lookup] as const;
    }),
  );
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
