import type { FloorOrder } from '../../api/index.ts';
import type { ErrorCode } from '../../core/index.ts';
import type { Vote } from '../policy/count-signers.ts';

/** How fresh a policy wants an artifact to be. */
export interface FreshnessRule {
  /** By what older is told from newer; `none` keeps no floor. */
  readonly order: FloorOrder | 'none';
  /** `required`: what has no expiry is refused. `ignore`: nor is one looked at. */
  readonly expires: 'required' | 'ifPresent' | 'ignore';
  /** Milliseconds since the newest proven or signed time of a signature; older than that is a registry that stands still. */
  readonly maxAge?: number | undefined;
  /** By how much a sequence may grow at once; of no other order. */
  readonly maxJump?: number | undefined;
  /** Names under which this site is meant. Present: every artifact has to name one of them. */
  readonly audience?: readonly string[] | undefined;
}

/** What one signature states, once it has been found good. */
export interface CountedSignature extends Vote {
  readonly annotations: Readonly<Record<string, string>>;
  readonly times: readonly { readonly at: number }[];
  /** As in `Signer`. */
  readonly certifiedSince?: number | undefined;
}

/** The artifact whose freshness is in question. */
export interface JudgedRevision {
  /** Absent for a source that is pinned by digest. */
  readonly tag?: string | undefined;
  readonly digest: string;
  /** Of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The signatures that a policy counts, and no others. */
  readonly signatures: readonly CountedSignature[];
  /** How many authorities have to have signed, each by a signer of its own: so many have to state what counts here, too. */
  readonly threshold: number;
}

/** Why an artifact is not fresh. */
export interface Stale {
  readonly kind: 'stale';
  readonly code: Extract<ErrorCode, `REVISION_${string}`>;
  readonly detail: string;
}

export function stale(code: Stale['code'], detail: string): Stale {
  return { kind: 'stale', code, detail };
}

/** A clock may be off by this much, in milliseconds, before a time counts as the future. */
export const clockSkewMs: number = 5 * 60_000;
