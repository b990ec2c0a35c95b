import type { SignatureFormat } from '../policy/authorities.ts';

/** Something that was found beside an artifact. Nothing of it is checked but its size and digest; it proves nothing. */
export type UnverifiedCandidate =
  | {
      readonly format: Extract<SignatureFormat, 'bundle'>;
      /** Digest of the referrer manifest. */
      readonly evidence: string;
      /** The Sigstore bundle. */
      readonly content: Uint8Array;
    }
  | {
      readonly format: Extract<SignatureFormat, 'legacy'>;
      /** Digest of the layer. */
      readonly evidence: string;
      /** The simple-signing payload. */
      readonly content: Uint8Array;
      readonly mediaType: string;
      readonly annotations: Readonly<Record<string, string>>;
    };

/** What a candidate says, well formed and of the right type. Still nobody's word until an authority's signature is found on it. */
export interface UnverifiedClaim {
  /** The bytes the signature is over. */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  /** `algorithm:hex` of what the signed bytes speak about. */
  readonly digests: readonly string[];
  /** What the signer says to have signed with. */
  readonly material: { readonly kind: 'key'; readonly hint?: string } | { readonly kind: 'certificate' };
}
