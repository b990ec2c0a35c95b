import { type Descriptor, OciError, parseDigest, type ReadStore } from 'oci-client-ts';
import type { Purpose } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import { maxManifestBytes, readSignatureManifest } from '../evidence/signature-manifest.ts';
import { attempt, type Read } from './checked-read.ts';
import { type Discovery, type Search, unread } from './discovered.ts';
import { type FoundManifest, readLayers } from './legacy-layers.ts';

const suffixes: Readonly<Record<Purpose, string>> = { signature: 'sig', attestation: 'att' };

/** What lies under a tag; `undefined` where there is no such tag. */
export type TaggedLookup = Promise<Read<FoundManifest | undefined>>;

/**
 * Asks for cosign's tag for this digest. The tag is anybody's to move: it only says where to look. Rejects only when aborted.
 * https://github.com/sigstore/cosign/blob/v3.0.0/specs/SIGNATURE_SPEC.md
 */
export function lookUpTagged(
  { repository, subject }: Pick<Search, 'repository' | 'subject'>,
  purpose: Purpose,
  signal: AbortSignal,
): TaggedLookup {
  const { algorithm, encoded } = parseDigest(subject.digest);
  return readTagged(repository, `${algorithm}-${encoded}.${suffixes[purpose]}`, signal);
}

/** What a lookup found, layer by layer. */
export async function* discoverTagged(
  search: Search,
  purpose: Purpose,
  lookup: TaggedLookup,
  signal: AbortSignal,
): Discovery {
  const found = await lookup;
  if (found.kind !== 'read') yield unread({ format: 'legacy', purpose }, search.subject.digest, found);
  else if (found.value !== undefined) yield* readLayers(search, purpose, found.value, signal);
}

async function readTagged(
  repository: ReadStore,
  tag: string,
  signal: AbortSignal,
): Promise<Read<FoundManifest | undefined>> {
  return attempt(tag, signal, async () => {
    const found = await resolveTag(repository, tag, signal);
    if (found === undefined) return undefined;
    const { descriptor: manifest, content } = found;
    return { parsed: readSignatureManifest(content, manifest.mediaType), manifest, tag };
  });
}

async function resolveTag(
  repository: ReadStore,
  tag: string,
  signal: AbortSignal,
): Promise<{ readonly descriptor: Descriptor; readonly content: Uint8Array } | undefined> {
  try {
    const resolution = await repository.resolve(tag, { signal });
    if (resolution.kind === 'unchanged')
      throw new OciError('protocol', tag, 'expected content, got "unchanged"');
    const { content, descriptor } = resolution;
    if (content.byteLength > maxManifestBytes) {
      throw new Refused(
        'SIGNATURE_MALFORMED',
        `expected at most ${maxManifestBytes} bytes, got ${content.byteLength}`,
      );
    }
    return { content, descriptor };
  } catch (thrown) {
    if (thrown instanceof OciError && thrown.code === 'not-found') return undefined;
    throw thrown;
  }
}
