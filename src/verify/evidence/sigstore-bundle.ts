import * as z from 'zod';
import type { UnverifiedClaim } from './candidate.ts';
import { inTotoPayloadType, preAuthEncoding } from './dsse.ts';
import { quoted, Refused } from './refused.ts';
import { expectType, readSignatureStatement } from './signature-statement.ts';
import { decodeBase64 } from './strict-base64.ts';
import { conform, parseStrictJson } from './strict-json.ts';

/** What cosign writes: https://github.com/sigstore/cosign/blob/v3.0.0/specs/BUNDLE_SPEC.md */
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Both spellings of version 0.3; nothing that only begins like one. */
export const bundleMediaTypes: ReadonlySet<string> = new Set([
  bundleMediaType,
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
]);

/** Honest bundles carry one or two of each; every one costs milliseconds of synchronous ASN.1 once they are looked at. */
const maxLogEntries = 4;
const maxTimestamps = 4;

const objectSchema = z.record(z.string(), z.unknown());

/** Log entries, timestamps and certificates are carried as they are: no authority of this kind asks for them. */
const bundleSchema = z.strictObject({
  mediaType: z.string(),
  verificationMaterial: z.strictObject({
    publicKey: z.strictObject({ hint: z.string() }).optional(),
    certificate: z.strictObject({ rawBytes: z.string() }).optional(),
    tlogEntries: z.array(objectSchema).max(maxLogEntries).optional(),
    timestampVerificationData: z
      .strictObject({
        rfc3161Timestamps: z
          .array(z.strictObject({ signedTimestamp: z.string() }))
          .max(maxTimestamps)
          .optional(),
      })
      .optional(),
  }),
  dsseEnvelope: z
    .strictObject({
      payload: z.string(),
      payloadType: z.string(),
      signatures: z.array(z.strictObject({ sig: z.string(), keyid: z.string().optional() })).length(1),
    })
    .optional(),
  messageSignature: objectSchema.optional(),
});

type Bundle = z.output<typeof bundleSchema>;

/**
 * Reads a Sigstore bundle v0.3 that holds a cosign signature: one DSSE envelope, one in-toto statement, the predicate of `cosign sign`.
 * https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto
 * @throws Refused SIGNATURE_MALFORMED, SIGNATURE_WRONG_TYPE.
 */
export function readSigstoreBundle(content: Uint8Array): UnverifiedClaim {
  const value = parseStrictJson(content);
  const { mediaType } = conform(z.object({ mediaType: z.string() }), value, 'bundle');
  if (!bundleMediaTypes.has(mediaType)) {
    throw new Refused(
      'SIGNATURE_MALFORMED',
      `expected bundle media type ${bundleMediaType}, got ${quoted(mediaType)}`,
    );
  }
  const bundle = conform(bundleSchema, value, 'bundle');
  const material = readMaterial(bundle);
  const { payloadType, payload: encoded, signatures } = readEnvelope(bundle);
  expectType('payload', inTotoPayloadType, payloadType);
  const payload = decodeBase64(encoded, 'dsseEnvelope.payload');
  return {
    signedBytes: preAuthEncoding(payloadType, payload),
    signature: decodeBase64(signatures[0]?.sig ?? '', 'dsseEnvelope.signatures[0].sig'),
    digests: readSignatureStatement(payload),
    statement: { kind: 'signature', annotations: {} },
    material,
    evidence: readEvidence(bundle),
  };
}

function readEvidence({ mediaType, verificationMaterial }: Bundle): UnverifiedClaim['evidence'] {
  const { tlogEntries = [], timestampVerificationData } = verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  return {
    mediaType,
    logEntries: tlogEntries,
    timestamps: timestamps.map(({ signedTimestamp }) => signedTimestamp),
  };
}

function readMaterial({
  verificationMaterial: { publicKey, certificate },
}: Bundle): UnverifiedClaim['material'] {
  if ((publicKey === undefined) === (certificate === undefined)) {
    const got = publicKey === undefined ? 'none' : 'both';
    throw new Refused('SIGNATURE_MALFORMED', `expected either a public key or a certificate, got ${got}`);
  }
  return publicKey === undefined
    ? { kind: 'certificate', leaf: decodeBase64(certificate?.rawBytes ?? '', 'certificate.rawBytes') }
    : { kind: 'key', hint: publicKey.hint };
}

function readEnvelope({ dsseEnvelope, messageSignature }: Bundle): NonNullable<Bundle['dsseEnvelope']> {
  if (dsseEnvelope !== undefined && messageSignature !== undefined) {
    throw new Refused(
      'SIGNATURE_MALFORMED',
      'expected either a DSSE envelope or a message signature, got both',
    );
  }
  if (dsseEnvelope !== undefined) return dsseEnvelope;
  if (messageSignature === undefined)
    throw new Refused('SIGNATURE_MALFORMED', 'expected a DSSE envelope, got no content');
  throw new Refused(
    'SIGNATURE_WRONG_TYPE',
    'expected a DSSE envelope, got a message signature, which states no purpose',
  );
}
