import * as z from 'zod';
import type { UnverifiedCandidate, UnverifiedClaim } from './candidate.ts';
import { textsOf } from './in-toto-statement.ts';
import { annotationOf, readLegacyEvidence } from './legacy-evidence.ts';
import { madeOnce } from './made-once.ts';
import { Refused } from './refused.ts';
import { expectType } from './signature-statement.ts';
import { decodeBase64 } from './strict-base64.ts';
import { conform, parseStrictJson } from './strict-json.ts';

/** https://github.com/sigstore/cosign/blob/v3.0.0/specs/SIGNATURE_SPEC.md */
const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';

const signatureAnnotation = 'dev.cosignproject.cosign/signature';
const payloadType = 'cosign container image signature';

const kindSchema = madeOnce(() => z.object({ critical: z.object({ type: z.string() }) }));

/** The repository's name is signed but not compared: mirrors rename, and cosign leaves it unchecked too. */
const payloadSchema = madeOnce(() =>
  z.strictObject({
    critical: z.strictObject({
      identity: z.strictObject({ 'docker-reference': z.string() }),
      image: z.strictObject({ 'docker-manifest-digest': z.string() }),
      type: z.literal(payloadType),
    }),
    optional: z.record(z.string(), z.unknown()).nullable(),
  }),
);

/** Reads a cosign signature of the simple-signing kind. @throws Refused SIGNATURE_MALFORMED, SIGNATURE_WRONG_TYPE. */
export function readLegacySignature(
  candidate: Extract<UnverifiedCandidate, { format: 'legacy' }>,
): UnverifiedClaim {
  expectType('layer', simpleSigningType, candidate.mediaType);
  const encoded = annotationOf(candidate.annotations, signatureAnnotation);
  if (encoded === undefined) {
    throw new Refused('SIGNATURE_MALFORMED', `expected the annotation ${signatureAnnotation}, got none`);
  }
  const signature = decodeBase64(encoded, signatureAnnotation);
  const value = parseStrictJson(candidate.content);
  expectType('payload', payloadType, conform(kindSchema(), value, 'payload').critical.type);
  const { critical, optional } = conform(payloadSchema(), value, 'payload');
  return {
    signedBytes: candidate.content,
    signature,
    digests: [critical.image['docker-manifest-digest']],
    statement: { kind: 'signature', annotations: textsOf(optional ?? {}) },
    ...readLegacyEvidence(candidate.annotations),
  };
}
