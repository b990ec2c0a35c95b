import type { SignedArtifact } from '../../src/verify/evidence/candidate.ts';
import { readSigstoreBundle } from '../../src/verify/evidence/sigstore-bundle.ts';
import type { Authority } from '../../src/verify/proof/authority.ts';
import type { IdentityRule, TextRule } from '../../src/verify/proof/identity-rule.ts';
import type { Proof } from '../../src/verify/proof/proof.ts';
import { prove } from '../../src/verify/proof/prove.ts';
import { parsePublicKey } from '../../src/verify/proof/public-key.ts';
import { loadTrustedRoot } from '../../src/verify/proof/trusted-root.ts';

/** Who is expected to have signed, as the suite asks for it. */
export type ExpectedSigner =
  | { readonly kind: 'key'; readonly pem: string }
  | { readonly kind: 'identity'; readonly subject: string; readonly issuer: string };

export interface BundleQuestion {
  readonly bundle: Uint8Array;
  readonly artifact: SignedArtifact;
  /** `sha256:<hex>` of the artifact. */
  readonly digest: string;
  readonly signer: ExpectedSigner;
  readonly trustedRoot: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Judges one bundle about one file as the product judges what it finds beside an artifact; a log entry is asked for, as the suite expects. */
export async function verifyBundle(question: BundleQuestion): Promise<Proof> {
  const { bundle, artifact, digest, now } = question;
  const authority = await authorityOf(question);
  const claim = readSigstoreBundle(bundle, { digest, artifact });
  const proof = prove(authority, claim, now);
  if (proof instanceof Error) throw proof;
  if (!claim.digests.includes(digest)) throw new Error(`expected a statement about ${digest}, got another`);
  return proof;
}

async function authorityOf({ signer, trustedRoot }: BundleQuestion): Promise<Authority> {
  const time = { logs: 1, timestamps: 0 };
  const root = await loadTrustedRoot(trustedRoot, 'trusted root');
  if (signer.kind === 'key') {
    const key = await parsePublicKey(signer.pem, 'key');
    return { kind: 'key', name: 'expected', keys: [{ key }], time, trustedRoot: root };
  }
  const identity: IdentityRule = {
    issuer: exactly(signer.issuer),
    subject: exactly(signer.subject),
    extensions: new Map(),
  };
  return { kind: 'keyless', name: 'expected', identities: [identity], time, trustedRoot: root };
}

function exactly(written: string): TextRule {
  return { written, matches: (text) => text === written };
}
