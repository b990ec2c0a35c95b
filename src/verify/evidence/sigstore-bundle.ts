import { X509Certificate } from 'node:crypto';
import { asBundle, type Bundle } from './bundle-schema.ts';
import type { SignedArtifact, UnverifiedClaim, UnverifiedEvidence } from './candidate.ts';
import { openEnvelope } from './dsse.ts';
import { readStatement } from './in-toto-statement.ts';
import { readMessage } from './message-signature.ts';
import { Refused } from './refused.ts';
import { decodeBase64 } from './strict-base64.ts';
import { parseStrictJson } from './strict-json.ts';

/** A keyless signature with log entries and timestamps has 10 KiB. */
export const maxSignatureBundleBytes = 256 * 1024;

/** Bills of materials of whole systems have some megabytes; of what is larger somebody may attest the digest. */
export const maxAttestationBytes = 4 * 1024 * 1024;

interface Sought {
  /** Of the artifact that the bundle is to speak about. */
  readonly digest: string;
  /** Message signatures are read only where this is given, since they state no purpose and no digest. */
  readonly artifact?: SignedArtifact;
}

/**
 * Reads a Sigstore bundle of version 0.1 to 0.3 that holds a signature by `cosign sign` or an attestation.
 * https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto
 * @throws Refused SIGNATURE_MALFORMED, SIGNATURE_WRONG_TYPE, SIGNATURE_WRONG_DIGEST.
 */
export function readSigstoreBundle(content: Uint8Array, sought: Sought): UnverifiedClaim {
  refuseLarger(content, maxAttestationBytes);
  const bundle = asBundle(parseStrictJson(content));
  const material = readMaterial(bundle);
  const said = readContent(bundle, sought);
  if (said.statement.kind !== 'attestation') refuseLarger(content, maxSignatureBundleBytes);
  return { ...said, material, evidence: readEvidence(bundle) };
}

function refuseLarger({ byteLength }: Uint8Array, limit: number): void {
  if (byteLength > limit)
    throw new Refused('SIGNATURE_MALFORMED', `expected at most ${limit} bytes, got ${byteLength}`);
}

function readEvidence({ mediaType, verificationMaterial }: Bundle): UnverifiedEvidence {
  const { tlogEntries = [], timestampVerificationData } = verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  return {
    mediaType,
    logEntries: tlogEntries,
    timestamps: timestamps.map(({ signedTimestamp }) => signedTimestamp),
  };
}

function readMaterial({ verificationMaterial }: Bundle): UnverifiedClaim['material'] {
  const { publicKey, certificate, x509CertificateChain: chain } = verificationMaterial;
  const kinds = [publicKey, certificate, chain].filter((material) => material !== undefined).length;
  if (kinds !== 1) {
    throw new Refused(
      'SIGNATURE_MALFORMED',
      `expected a public key, a certificate or a chain, got ${kinds} of them`,
    );
  }
  if (publicKey !== undefined) {
    return { kind: 'key', ...(publicKey.hint === undefined ? {} : { hint: publicKey.hint }) };
  }
  const [leaf, ...above] = [certificate, ...(chain?.certificates ?? [])]
    .filter((link) => link !== undefined)
    .map(({ rawBytes }) => decodeBase64(rawBytes, 'certificate'));
  for (const link of above) refuseRoot(link);
  return { kind: 'certificate', leaf: leaf ?? Buffer.alloc(0) };
}

/** The format forbids roots: who is trusted is never the evidence's to say. */
function refuseRoot(der: Uint8Array): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch (cause) {
    throw new Refused('SIGNATURE_MALFORMED', `expected a certificate, got ${der.byteLength} other bytes`, {
      cause,
    });
  }
  if (certificate.checkIssued(certificate)) {
    throw new Refused('SIGNATURE_MALFORMED', 'expected a chain without root, got one');
  }
}

type Said = Omit<UnverifiedClaim, 'material' | 'evidence'>;

function readContent({ dsseEnvelope, messageSignature }: Bundle, { digest, artifact }: Sought): Said {
  if (dsseEnvelope !== undefined && messageSignature === undefined) {
    const opened = openEnvelope(dsseEnvelope);
    return { ...opened, ...readStatement(opened.payload, digest) };
  }
  if (dsseEnvelope !== undefined || messageSignature === undefined) {
    throw new Refused('SIGNATURE_MALFORMED', 'expected either a DSSE envelope or a message signature');
  }
  if (artifact === undefined) {
    throw new Refused(
      'SIGNATURE_WRONG_TYPE',
      'expected a DSSE envelope, got a message signature, which states no purpose',
    );
  }
  return readMessage(messageSignature, artifact);
}
