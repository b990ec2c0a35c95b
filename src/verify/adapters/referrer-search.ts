import type { Descriptor } from 'oci-client-ts';
import type { Purpose } from '../evidence/candidate.ts';
import {
  bundleTypePrefix,
  legacyArtifactTypes,
  type Sought,
  selectBundles,
  selectLegacy,
} from '../evidence/referrer-selection.ts';
import {
  artifactTypeOf,
  bundleLayer,
  maxManifestBytes,
  readSignatureManifest,
  refuseOtherSubject,
} from '../evidence/signature-manifest.ts';
import { maxAttestationBytes, maxSignatureBundleBytes } from '../evidence/sigstore-bundle.ts';
import { attempt, checkedRead, type Read } from './checked-read.ts';
import { type Discovered, type Discovery, type Place, type Search, tooMany, unread } from './discovered.ts';
import { type FoundManifest, readLayers } from './legacy-layers.ts';

/** Goes through the referrers of one artifact, for one purpose after the other, and reads none twice for nothing. */
export class ReferrerSearch {
  readonly #search: Search;
  readonly #listing: readonly Descriptor[];
  /** Bundles that were handed out: what they are, signature or attestation, they say themselves. */
  readonly #done = new Set<string>();
  /** Of entries that are listed without type, what their manifest says. */
  readonly #types = new Map<string, string>();

  constructor(search: Search, listing: readonly Descriptor[]) {
    this.#search = search;
    this.#listing = listing;
  }

  async *bundles(sought: Sought, signal: AbortSignal): Discovery {
    const place = { format: 'bundle', purpose: sought.purpose } as const;
    const { chosen, omitted } = selectBundles(this.#listing, sought);
    for (const descriptor of chosen) {
      if (this.#done.has(descriptor.digest) || !this.#mayBe(descriptor, isBundleType)) continue;
      const manifest = await this.#read(descriptor, signal);
      const found = await this.#bundle(place, { descriptor, manifest }, signal);
      if (found === undefined) continue;
      this.#done.add(descriptor.digest);
      yield found;
    }
    if (omitted > 0) yield tooMany(place, this.#search.subject.digest, omitted);
  }

  async *layers(purpose: Purpose, signal: AbortSignal): Discovery {
    const place = { format: 'legacy', purpose } as const;
    const { chosen, omitted } = selectLegacy(this.#listing, purpose);
    for (const descriptor of chosen) {
      if (!this.#mayBe(descriptor, (type) => type === legacyArtifactTypes[purpose])) continue;
      const manifest = await this.#read(descriptor, signal);
      if (manifest.kind !== 'read') yield unread(place, descriptor.digest, manifest);
      else if (artifactTypeOf(manifest.value.parsed) === legacyArtifactTypes[purpose])
        yield* readLayers(this.#search, purpose, manifest.value, signal);
    }
    if (omitted > 0) yield tooMany(place, this.#search.subject.digest, omitted);
  }

  /** An entry that is listed without type is read once, whatever it is looked at for. */
  #mayBe({ digest }: Descriptor, isSought: (type: string) => boolean): boolean {
    const type = this.#types.get(digest);
    return type === undefined || isSought(type);
  }

  async #read(descriptor: Descriptor, signal: AbortSignal): Promise<Read<FoundManifest>> {
    const { repository, subject } = this.#search;
    const content = await checkedRead({ repository, descriptor, limit: maxManifestBytes }, signal);
    if (content.kind !== 'read') return content;
    return attempt(descriptor.digest, signal, async () => {
      const parsed = readSignatureManifest(content.value, descriptor.mediaType);
      refuseOtherSubject(parsed, subject);
      this.#types.set(descriptor.digest, artifactTypeOf(parsed));
      const { mediaType, digest, size } = descriptor;
      return { parsed, manifest: { mediaType, digest, size } };
    });
  }

  /** Nothing for a referrer of another type, and for one too large to be a signature while attestations are still to be looked for. */
  async #bundle(
    place: Place,
    { descriptor, manifest }: { readonly descriptor: Descriptor; readonly manifest: Read<FoundManifest> },
    signal: AbortSignal,
  ): Promise<Discovered | undefined> {
    const { digest: evidence } = descriptor;
    if (manifest.kind !== 'read') return unread(place, evidence, manifest);
    const { parsed, manifest: from } = manifest.value;
    if (!isBundleType(artifactTypeOf(parsed))) return undefined;
    const layer = await attempt(evidence, signal, async () => bundleLayer(parsed));
    if (layer.kind !== 'read') return unread(place, evidence, layer);
    if (this.#isLeftForLater(place, layer.value)) return undefined;
    const max = place.purpose === 'signature' ? maxSignatureBundleBytes : maxAttestationBytes;
    const { repository, budget } = this.#search;
    const limit = budget.grant(layer.value.size, max);
    const content = await checkedRead({ repository, descriptor: layer.value, limit }, signal);
    if (content.kind !== 'read') return unread(place, evidence, content);
    const origin = { manifest: from, layer: layer.value };
    return { kind: 'candidate', candidate: { format: 'bundle', evidence, content: content.value, origin } };
  }

  #isLeftForLater({ purpose }: Place, layer: Descriptor): boolean {
    const isAnyLater = purpose === 'signature' && this.#search.attestations !== undefined;
    return isAnyLater && layer.size > maxSignatureBundleBytes;
  }
}

function isBundleType(type: string): boolean {
  return type.startsWith(bundleTypePrefix);
}
