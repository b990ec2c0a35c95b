import type { SignatureFormat } from '../proof/authority.ts';

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

/** https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto */
export interface UnverifiedEvidence {
  /** Of the bundle: versions differ in what an entry must bring. */
  readonly mediaType: string;
  readonly logEntries: readonly unknown[];
  /** Base64 of a TimeStampResp each. */
  readonly timestamps: readonly string[];
}

/** What the signed bytes state. */
export type Statement =
  | {
      readonly kind: 'signature';
      /** What the signer added: `cosign sign -a`. */
      readonly annotations: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'attestation';
      readonly predicateType: string;
      readonly predicate: unknown;
    };

/** What a candidate says, well formed and of the right type. Still nobody's word until an authority's signature is found on it. */
export interface UnverifiedClaim {
  /** The bytes the signature is over. */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  /** `algorithm:hex` of what the signed bytes speak about. */
  readonly digests: readonly string[];
  readonly statement: Statement;
  /** What the signer says to have signed with. A leaf certificate is DER. */
  readonly material:
    | { readonly kind: 'key'; readonly hint?: string }
    | { readonly kind: 'certificate'; readonly leaf: Uint8Array };
  /** Log entries and timestamps as in the JSON of a Sigstore bundle, of the right shape and few enough; legacy ones are lifted into it. */
  readonly evidence: UnverifiedEvidence;
}
