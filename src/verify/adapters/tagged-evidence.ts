import { type Descriptor, OciError, parseDigest, type ReadStore } from 'oci-client-ts';
import type { Purpose } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import { maxManifestBytes, readSignatureManifest } from '../evidence/signature-manifest.ts';
import { attempt, type Read } from './checked-read.ts';
import { type Discovery, type Search, unread } from './discovered.ts';
import { type FoundManifest, readLayers } from './legacy-layers.ts';

const suffixes: Readonly<Record<Purpose, string>> = { signature: 'sig', attestation: 'att' };

/**
 * What lies under cosign's tag for this digest, if there is one. The tag is anybody's to move: it only says where to look.
 * https://github.com/sigstore/cosign/blob/v3.0.0/specs/SIGNATURE_SPEC.md
 */
export async function* discoverTagged(search: Search, purpose: Purpose, signal: AbortSignal): Discovery {
  const { algorithm, encoded } = parseDigest(search.subject.digest);
  const tag = `${algorithm}-${encoded}.${suffixes[purpose]}`;
  const found = await readTagged(search.repository, tag, signal);
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
