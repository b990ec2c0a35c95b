import type { Descriptor } from 'oci-client-ts';
import type { Purpose } from './candidate.ts';
import { signPredicateType } from './signature-statement.ts';

/** Several teams and a few rotated keys; whoever can push can add more, and each one costs two requests. */
export const maxCandidates = 16;

/** `artifactType` of legacy evidence that is a referrer. */
export const legacyArtifactTypes: Readonly<Record<Purpose, string>> = {
  signature: 'application/vnd.dev.cosign.artifact.sig.v1+json',
  attestation: 'application/vnd.in-toto+json',
};

/** Every version begins like this; which one it is, the bundle says itself. */
export const bundleTypePrefix = 'application/vnd.dev.sigstore.bundle';

const predicateHint = 'dev.sigstore.bundle.predicateType';

export interface Selection {
  /** In the order in which they are worth a look. */
  readonly chosen: readonly Descriptor[];
  /** How many more would have been candidates. */
  readonly omitted: number;
}

/** What is looked for; the types of predicate are those of attestations that somebody asks for. */
export type Sought =
  | { readonly purpose: Extract<Purpose, 'signature'> }
  | { readonly purpose: Extract<Purpose, 'attestation'>; readonly predicateTypes: readonly string[] };

/**
 * Which listed referrers may be what is sought. The listing is an unsigned hint: it decides on the order and on what is left out, never on
 * what is accepted; in which order a registry lists has no say in either. An entry without type is looked at, since some registries leave it
 * out.
 */
export function selectBundles(listing: readonly Descriptor[], sought: Sought): Selection {
  const candidates = distinct(listing).filter(
    ({ artifactType }) => artifactType?.startsWith(bundleTypePrefix) ?? true,
  );
  const ranked = candidates.map((descriptor) => ({ descriptor, rank: rankOf(descriptor, sought) }));
  return capped(ranked.sort((a, b) => a.rank - b.rank).map(({ descriptor }) => descriptor));
}

/** As `selectBundles`, for legacy signatures and attestations. */
export function selectLegacy(listing: readonly Descriptor[], purpose: Purpose): Selection {
  const sought = legacyArtifactTypes[purpose];
  return capped(distinct(listing).filter(({ artifactType = sought }) => artifactType === sought));
}

function rankOf({ artifactType, annotations }: Descriptor, sought: Sought): number {
  const hint = annotations?.[predicateHint];
  const wanted = sought.purpose === 'signature' ? [signPredicateType] : sought.predicateTypes;
  if (hint !== undefined) return wanted.includes(hint) ? 0 : 3;
  return artifactType === undefined ? 2 : 1;
}

/** Each digest once, by digest: the sort that follows leaves equals in this order. */
function distinct(listing: readonly Descriptor[]): readonly Descriptor[] {
  const byDigest = new Map(listing.toReversed().map((descriptor) => [descriptor.digest, descriptor]));
  return [...byDigest.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

function capped(candidates: readonly Descriptor[]): Selection {
  const chosen = candidates.slice(0, maxCandidates);
  return { chosen, omitted: candidates.length - chosen.length };
}
