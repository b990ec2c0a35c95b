import type { UnverifiedCandidate, UnverifiedClaim } from './candidate.ts';
import { envelopeSchema, openEnvelope } from './dsse.ts';
import { readStatement } from './in-toto-statement.ts';
import { readLegacyEvidence } from './legacy-evidence.ts';
import { Refused } from './refused.ts';
import { expectType } from './signature-statement.ts';
import { conform, parseStrictJson } from './strict-json.ts';

/** https://github.com/sigstore/cosign/blob/v3.0.0/specs/ATTESTATION_SPEC.md */
const envelopeType = 'application/vnd.dsse.envelope.v1+json';

/** Reads an attestation as cosign stores it without bundles. @throws Refused SIGNATURE_MALFORMED, SIGNATURE_WRONG_TYPE. */
export function readLegacyAttestation(
  { content, mediaType, annotations }: Extract<UnverifiedCandidate, { format: 'legacy' }>,
  digest: string,
): UnverifiedClaim {
  expectType('layer', envelopeType, mediaType);
  const opened = openEnvelope(conform(envelopeSchema(), parseStrictJson(content), 'envelope'));
  const said = readStatement(opened.payload, digest);
  if (said.statement.kind !== 'attestation') {
    throw new Refused('SIGNATURE_WRONG_TYPE', 'expected an attestation, got a signature in its place');
  }
  return { ...opened, ...said, timestamped: content, ...readLegacyEvidence(annotations) };
}
