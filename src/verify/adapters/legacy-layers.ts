import type { ImageManifest } from 'oci-client-ts';
import type { Origin, Purpose } from '../evidence/candidate.ts';
import { maxCandidates } from '../evidence/referrer-selection.ts';
import { maxAttestationBytes } from '../evidence/sigstore-bundle.ts';
import { checkedRead } from './checked-read.ts';
import { type Discovery, type Search, tooMany, unread } from './discovered.ts';

/** A simple-signing payload has 300 bytes, and more only by annotations. */
const maxPayloadBytes = 64 * 1024;

/** A manifest, and where it was found. */
export interface FoundManifest {
  readonly parsed: ImageManifest;
  readonly manifest: Origin['manifest'];
  readonly tag?: string;
}

/** Each layer of a legacy manifest as a candidate: one signature or attestation each. */
export async function* readLayers(
  { repository, subject, budget }: Search,
  purpose: Purpose,
  { parsed: { layers }, ...from }: FoundManifest,
  signal: AbortSignal,
): Discovery {
  const place = { format: 'legacy', purpose } as const;
  const max = purpose === 'signature' ? maxPayloadBytes : maxAttestationBytes;
  for (const layer of layers.slice(0, maxCandidates)) {
    const { mediaType, annotations = {}, digest: evidence } = layer;
    const limit = budget.grant(layer.size, max);
    const content = await checkedRead({ repository, descriptor: layer, limit }, signal);
    if (content.kind !== 'read') yield unread(place, evidence, content);
    else {
      const origin: Origin = { ...from, layer };
      const candidate = { ...place, evidence, content: content.value, mediaType, annotations, origin };
      yield { kind: 'candidate', candidate };
    }
  }
  if (layers.length > maxCandidates) yield tooMany(place, subject.digest, layers.length - maxCandidates);
}
