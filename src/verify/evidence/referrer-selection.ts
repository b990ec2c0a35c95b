import type { Descriptor } from 'oci-client-ts';
import { signPredicateType } from './signature-statement.ts';

/** Several teams and a few rotated keys; whoever can push can add more, and each one costs two requests. */
export const maxCandidates = 16;

/** `artifactType` of legacy signatures that are referrers. */
export const legacyArtifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';

/** Every version begins like this; which one it is, the bundle says itself. */
export const bundleTypePrefix = 'application/vnd.dev.sigstore.bundle';

const predicateHint = 'dev.sigstore.bundle.predicateType';

export interface Selection {
  /** In the order in which they are worth a look. */
  readonly chosen: readonly Descriptor[];
  /** How many more would have been candidates. */
  readonly omitted: number;
}

/**
 * Which listed referrers may be signatures. The listing is an unsigned hint: it decides on the order and on what is left out, never on what
 * is accepted. An entry without type is looked at, since some registries leave it out.
 */
export function selectBundles(listing: readonly Descriptor[]): Selection {
  const candidates = distinct(listing).filter(
    ({ artifactType }) => artifactType?.startsWith(bundleTypePrefix) ?? true,
  );
  const ranked = candidates.map((descriptor) => ({ descriptor, rank: likelihood(descriptor) }));
  return capped(ranked.sort((a, b) => a.rank - b.rank).map(({ descriptor }) => descriptor));
}

/** As `selectBundles`, for legacy signatures. */
export function selectLegacy(listing: readonly Descriptor[]): Selection {
  return capped(
    distinct(listing).filter(({ artifactType = legacyArtifactType }) => artifactType === legacyArtifactType),
  );
}

function likelihood({ artifactType, annotations }: Descriptor): number {
  const hint = annotations?.[predicateHint];
  if (hint === signPredicateType) return 0;
  if (artifactType === undefined) return 2;
  return hint === undefined ? 1 : 3;
}

function distinct(listing: readonly Descriptor[]): readonly Descriptor[] {
  return [
    ...new Map(listing.toReversed().map((descriptor) => [descriptor.digest, descriptor])).values(),
  ].reverse();
}

function capped(candidates: readonly Descriptor[]): Selection {
  const chosen = candidates.slice(0, maxCandidates);
  return { chosen, omitted: candidates.length - chosen.length };
}
