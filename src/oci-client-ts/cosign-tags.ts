import { parseDigest } from './digest.ts';
import { isTag } from './name-grammar.ts';

const suffixes = ['sig', 'att', 'sbom'] as const;

/**
 * The tags under which cosign keeps what is about a manifest and has no `subject`: signatures, attestations, bills of materials.
 * https://github.com/sigstore/cosign/blob/v3.0.0/specs/SIGNATURE_SPEC.md
 */
export function cosignTags(digest: string): readonly string[] {
  const { algorithm, encoded } = parseDigest(digest);
  return suffixes.map((suffix) => `${algorithm}-${encoded}.${suffix}`).filter(isTag);
}
