import { createHash } from 'node:crypto';
import type { Bundle } from './bundle-schema.ts';
import type { SignedArtifact, UnverifiedClaim } from './candidate.ts';
import { quoted, Refused } from './refused.ts';
import { decodeBase64 } from './strict-base64.ts';

/** Names of `HashAlgorithm`. https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_common.proto */
const hashes: ReadonlyMap<string, string> = new Map([
  ['SHA2_256', 'sha256'],
  ['SHA2_384', 'sha384'],
  ['SHA2_512', 'sha512'],
]);

/**
 * What a message signature says of the artifact that the caller means. Its digest is an unsigned word and chooses no hash; it is compared
 * all the same, for who else reads it. @throws Refused SIGNATURE_MALFORMED, SIGNATURE_WRONG_DIGEST.
 */
export function readMessage(
  { messageDigest, signature: encoded }: NonNullable<Bundle['messageSignature']>,
  artifact: SignedArtifact,
): Pick<UnverifiedClaim, 'signedBytes' | 'signedDigest' | 'signature' | 'digests' | 'statement'> {
  const named = hashes.get(messageDigest.algorithm);
  if (named === undefined) {
    throw new Refused(
      'SIGNATURE_MALFORMED',
      `expected ${[...hashes.keys()].join(', ')}, got ${quoted(messageDigest.algorithm)}`,
    );
  }
  const expected = digestOf(artifact, named);
  if (expected?.toString('base64') !== messageDigest.digest) {
    throw new Refused('SIGNATURE_WRONG_DIGEST', `expected the ${named} of the artifact, got another`);
  }
  return {
    ...(artifact.kind === 'bytes'
      ? { signedBytes: artifact.bytes }
      : { signedBytes: new Uint8Array(), signedDigest: artifact.digest }),
    signature: decodeBase64(encoded, 'messageSignature.signature'),
    digests: [`sha256:${digestOf(artifact, 'sha256')?.toString('hex')}`],
    statement: { kind: 'message' },
  };
}

function digestOf(artifact: SignedArtifact, hash: string): Buffer | undefined {
  if (artifact.kind === 'bytes') return createHash(hash).update(artifact.bytes).digest();
  return hash === 'sha256' ? Buffer.from(artifact.digest.sha256) : undefined;
}
