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
  /** Of entries that no time is proven for, which were judged at now: when the window of the first of their logs closes. Milliseconds since the epoch. */
  readonly logsUntil?: number;
}
