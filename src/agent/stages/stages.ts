import type { Validator } from 'oci-client-ts';
import type {
  Artifact,
  BuildOutput,
  DesiredState,
  FetchedLayer,
  Floor,
  Floors,
  Kustomization,
  OciRepository,
  Refusal,
  ResolvedRevision,
  Verdict,
} from '../../api/index.ts';
import type { ErrorCode } from '../../core/index.ts';

/** The stages as the engine sees them. Each is one function; any implementation will do. All reject with SealiftError. */

export type ResolveOutcome =
  | { readonly kind: 'unchanged'; readonly validator: Validator }
  | { readonly kind: 'resolved'; readonly resolved: ResolvedRevision; readonly validator: Validator };

export interface ResolveRequest {
  readonly source: OciRepository;
  readonly desired: DesiredState;
  /** What the last successful poll remembered. */
  readonly known?: Validator;
}

export interface ResolveStage {
  /** Asks the registry what the source names now. */
  resolve(request: ResolveRequest, signal: AbortSignal): Promise<ResolveOutcome>;
}

export interface RevisionRequest {
  readonly source: OciRepository;
  readonly desired: DesiredState;
  readonly resolved: ResolvedRevision;
}

export interface VerifyStage {
  /** The refusal of a digest that a policy denies, which needs no registry; `undefined` where none does. Does no I/O. */
  denied(
    source: OciRepository,
    desired: DesiredState,
    digest: string,
  ): Extract<Verdict, { readonly kind: 'refused' }> | undefined;
  /** Judges one manifest digest. A refusal is a value; only a failure to judge (registry down) is an error. */
  verify(request: RevisionRequest, signal: AbortSignal): Promise<Verdict>;
}

export interface StandingRequest {
  readonly source: OciRepository;
  readonly desired: DesiredState;
  /** What is in force, as the poll that stored it wrote it. */
  readonly revision: string;
}

export interface StandingStage {
  /** Changes whenever something changes, but time, that a verdict on this source rests on. Does no I/O, never throws. */
  basis(source: OciRepository, desired: DesiredState): string;
  /**
   * Judges what is in force again by its own digest, whatever its tag names now: from what the site keeps, and where that does not suffice,
   * from the registry. A refusal is a value.
   */
  judge(request: StandingRequest, signal: AbortSignal): Promise<Verdict>;
}

export interface FreshnessRequest extends RevisionRequest {
  readonly verdict: Exclude<Verdict, { readonly kind: 'refused' }>;
  readonly floors: Pick<Floors, 'of'>;
  /** Milliseconds since the epoch: the later of the clock and the site's lower bound of time. */
  readonly now: number;
}

export type FreshnessOutcome =
  | {
      readonly kind: 'fresh';
      /** Floors that move: to be on disk before the artifact is used. Below `from` only by the word of a signed statement. */
      readonly moves: readonly { readonly to: Floor; readonly from?: Floor }[];
      /** Where the artifact stands, moved or not. */
      readonly floors: readonly Floor[];
      /** Milliseconds since the epoch: from then on it is not fresh any more. */
      readonly until?: number;
      /** Moments that its signatures prove or state, in milliseconds since the epoch. */
      readonly times: readonly number[];
      /** What policies in mode `warn` would have refused. */
      readonly warnings: readonly Refusal[];
    }
  | { readonly kind: 'stale'; readonly code: ErrorCode; readonly detail: string };

export interface FreshnessStage {
  /** Changes whenever something else is asked of how fresh a revision is. Does no I/O, never throws. */
  basis(source: OciRepository, desired: DesiredState): string;
  /** Whether an accepted revision is still meant, and no older than what the site has seen. Does no I/O. */
  judge(request: FreshnessRequest): FreshnessOutcome;
}

export interface FetchStage {
  /**
   * Brings the chosen layer of an accepted revision into the local layout, whole and checked. `progress` is told how many bytes of the layer
   * have come so far; less than before when it began again.
   */
  fetch(
    request: RevisionRequest,
    signal: AbortSignal,
    progress: (bytes: number) => void,
  ): Promise<FetchedLayer>;
}

export interface UnpackStage {
  /** Unpacks the layer into a fresh tree that appears at once or not at all; the same layer gives the same tree without work. */
  unpack(source: OciRepository, layer: FetchedLayer, signal: AbortSignal): Promise<Artifact>;
}

export interface BuildRequest {
  readonly delivery: Kustomization;
  readonly artifact: Artifact;
  readonly desired: DesiredState;
}

export interface BuildStage {
  build(request: BuildRequest, signal: AbortSignal): Promise<BuildOutput>;
}
