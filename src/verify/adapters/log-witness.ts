import { createHash } from 'node:crypto';
import type { SignatureBundle, Witness } from '@sigstore/sign';
import { preAuthEncoding } from '../evidence/dsse.ts';
import type { LogService } from '../signing/signing-services.ts';

interface RequestLimits {
  readonly timeout: number;
  readonly retry: { readonly retries: number };
}

/** Enters signatures in a transparency log, through Sigstore's own library. */
export async function logWitness({ url, version }: LogService, limits: RequestLimits): Promise<Witness> {
  const { RekorWitness } = await import('@sigstore/sign');
  const witness = new RekorWitness({ rekorBaseURL: url, majorApiVersion: version, ...limits });
  if (version === 1) return witness;
  const { HashAlgorithm } = await import('@sigstore/protobuf-specs');
  return {
    testify: (content, signer) => witness.testify(asMessage(content, HashAlgorithm.SHA2_256), signer),
  };
}

type Message = Extract<SignatureBundle, { $case: 'messageSignature' }>;
type Algorithm = Message['messageSignature']['messageDigest']['algorithm'];

/**
 * Of an envelope, version 2 takes the signature and the hash of what was signed; the library would hand it the envelope, which it refuses.
 * https://github.com/sigstore/rekor-tiles/blob/v2.3.0/CLIENTS.md
 */
function asMessage(content: SignatureBundle, algorithm: Algorithm): Message {
  if (content.$case === 'messageSignature') return content;
  const { payloadType, payload, signatures } = content.dsseEnvelope;
  const digest = createHash('sha256').update(preAuthEncoding(payloadType, payload)).digest();
  const signature = signatures[0]?.sig ?? Buffer.alloc(0);
  return {
    $case: 'messageSignature',
    messageSignature: { messageDigest: { algorithm, digest }, signature },
  };
}
