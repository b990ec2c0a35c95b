import type { ProvenTime } from './proven-time.ts';

/** That an authority signed a claim. Made by `prove` alone. */
export interface Proof {
  /** `sha256:<hex>` of the SubjectPublicKeyInfo that verified the signature. */
  readonly keyId: string;
  /** Of certificates: to whom, by whose word. */
  readonly identity?: { readonly issuer: string; readonly subject: string };
  /** Of certificates: when they began, in milliseconds since the epoch. */
  readonly certifiedSince?: number;
  /** Earliest first. */
  readonly times: readonly ProvenTime[];
}
