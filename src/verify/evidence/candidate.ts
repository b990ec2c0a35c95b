import type { KeyObject } from 'node:crypto';
import type { Descriptor } from 'oci-client-ts';
import type { Signer } from '../../api/index.ts';

export type SignatureFormat = Signer['format'];

/** What a candidate may be taken for at most; what it is, its signed bytes say. */
export type Purpose = 'signature' | 'attestation';

/** Where a candidate was read: who keeps the manifest with all that it names keeps the evidence. */
export interface Origin {
  /** The referrer, or what the tag names. */
  readonly manifest: Descriptor;
  /** Of the candidate's content. */
  readonly layer: Descriptor;
  /** Present when the manifest is no referrer: the tag by which cosign looks for it. */
  readonly tag?: string;
}

/** Something that was found beside an artifact. Nothing of it is checked but its size and digest; it proves nothing. */
export type UnverifiedCandidate =
  | {
      readonly format: Extract<SignatureFormat, 'bundle'>;
      /** Digest of the referrer manifest. */
      readonly evidence: string;
      /** The Sigstore bundle: a signature or an attestation. */
      readonly content: Uint8Array;
      readonly origin?: Origin;
    }
  | {
      readonly format: Extract<SignatureFormat, 'legacy'>;
      /** Attestations have a home of their own: what lies there is never read as a signature, nor the other way round. */
      readonly purpose?: Purpose;
      /** Digest of the layer. */
      readonly evidence: string;
      /** The simple-signing payload, or the DSSE envelope of an attestation. */
      readonly content: Uint8Array;
      readonly mediaType: string;
      readonly annotations: Readonly<Record<string, string>>;
      readonly origin?: Origin;
    };

/** https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto */
export interface UnverifiedEvidence {
  /** Of the bundle: versions differ in what an entry must bring. */
  readonly mediaType: string;
  readonly logEntries: readonly unknown[];
  /** Base64 of a TimeStampResp each. */
  readonly timestamps: readonly string[];
}

/** Stands in for signed bytes that the caller does not hold. */
export interface SignedDigest {
  readonly sha256: Uint8Array;
  /** Whether the key signed bytes of this digest; false for algorithms that cannot tell. */
  isSignedBy(key: KeyObject, signature: Uint8Array): boolean;
}

/** What a message signature is taken to be over: it states nothing by itself. */
export type SignedArtifact =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'digest'; readonly digest: SignedDigest };

/** What the signed bytes state. */
export type Statement =
  | {
      readonly kind: 'signature';
      /** What the signer added: `cosign sign -a`. Those of the subject that names the digest; texts alone. */
      readonly annotations: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'attestation';
      readonly predicateType: string;
      /** Absent when the statement has none. */
      readonly predicate: unknown;
    }
  /** Nothing but the bytes themselves: good for a file whose bytes the caller has, never for an artifact in a registry. */
  | { readonly kind: 'message' };

/** What a candidate says, well formed and of the right type. Still nobody's word until an authority's signature is found on it. */
export interface UnverifiedClaim {
  /** The bytes the signature is over; empty where there is a `signedDigest`. */
  readonly signedBytes: Uint8Array;
  readonly signedDigest?: SignedDigest;
  /** Of a DSSE envelope: what lies in it. Some log entries name its digest instead of the one of the signed bytes. */
  readonly payload?: Uint8Array;
  readonly signature: Uint8Array;
  /** What a timestamp may be over instead of the signature: cosign 2 has the whole envelope of a legacy attestation stamped. */
  readonly timestamped?: Uint8Array;
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
