import type { Validator } from 'oci-client-ts';
import type {
  Artifact,
  BuildOutput,
  DesiredState,
  FetchedLayer,
  Kustomization,
  OciRepository,
  ResolvedRevision,
  Verdict,
} from '../api/index.ts';

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
