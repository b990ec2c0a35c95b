import {
  type Artifact,
  type Candidate,
  type DesiredState,
  type OciRepository,
  requestedAtAnnotation,
  revisionDigest,
  type SourceRecord,
  type StateStore,
} from '../../api/index.ts';
import { type Clock, SealiftError } from '../../core/index.ts';
import { withDeadline } from '../stages/deadline.ts';
import { inStage } from '../stages/stage-failure.ts';
import { underSpec } from '../status/spec-hash.ts';
import { refuseLostProtection } from './lost-protection.ts';
import type { SiteTime } from './site-time.ts';
import type { SourceStages } from './source-pipeline.ts';
import { newSourceRecord } from './source-transition.ts';
import { type Basis, judgementDelay, type Standing, standingOf } from './standing.ts';

interface InForceDeps {
  readonly stages: Pick<SourceStages, 'standing' | 'verify' | 'unpack'>;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly time: SiteTime;
}

/** What sources have in force: whether it may be applied, and its trees. Asks no registry but where something is judged. */
export class SourcesInForce {
  readonly #deps: InForceDeps;

  constructor(deps: InForceDeps) {
    this.#deps = deps;
  }

  /**
   * The tree in force, made again from the local layout if it is gone. `undefined` while there is none that was accepted under the policies
   * and keys of now.
   */
  async artifact(
    source: OciRepository,
    desired: DesiredState,
    signal: AbortSignal,
  ): Promise<Artifact | undefined> {
    const record = this.record(source);
    if (record.layer === undefined || this.standing(source, desired) !== 'good') return undefined;
    try {
      return await this.#deps.stages.unpack.unpack(source, record.layer, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      this.#forgetLayer(record);
      throw thrown;
    }
  }

  /** What is in force, as a delivery takes it; `undefined` as for `artifact`. */
  async candidate(
    source: OciRepository,
    desired: DesiredState,
    signal: AbortSignal,
  ): Promise<{ readonly artifact: Artifact; readonly candidate: Candidate } | undefined> {
    const { layer, verifiedBy } = this.record(source);
    const artifact = await this.artifact(source, desired, signal);
    if (artifact === undefined || layer === undefined) return undefined;
    const { namespace, name } = source.metadata;
    const verified = verifiedBy === undefined ? {} : { verifiedBy };
    return { artifact, candidate: { source: { namespace, name }, layer, root: artifact.root, ...verified } };
  }

  /** The tree of what was in force once, made again from the local layout if it is gone, and judged under the policies and keys of now. */
  async kept(
    source: OciRepository,
    desired: DesiredState,
    { layer, verifiedBy }: Candidate,
    signal: AbortSignal,
  ): Promise<Artifact> {
    const { stages, clock } = this.#deps;
    const { url, timeout } = source.spec;
    const { revision } = layer;
    await inStage('verify', url, async () => {
      const judged = await withDeadline({ clock, ms: timeout, subject: url }, signal, (bounded) =>
        stages.standing.judge({ source, desired, revision }, bounded),
      );
      const verdict = refuseLostProtection(judged, source, verifiedBy);
      if (verdict.kind === 'refused') throw new SealiftError(verdict.code, revision, verdict.detail);
    });
    return inStage('unpack', url, () => stages.unpack.unpack(source, layer, signal));
  }

  /** What is known of the source, its generation counted up when the spec is new. */
  record(source: OciRepository): SourceRecord {
    const { name, namespace } = source.metadata;
    const record = this.#deps.state.sources.find(namespace, name) ?? newSourceRecord(source);
    return underSpec(record, source.spec);
  }

  /** That what is in force is denied by a policy, whether or not that was told before; asks nobody. */
  denial(source: OciRepository, desired: DesiredState): SealiftError | undefined {
    const { layer } = this.record(source);
    if (layer === undefined) return undefined;
    const { revision } = layer;
    const denied = this.#deps.stages.verify.denied(source, desired, revisionDigest(revision));
    return denied === undefined ? undefined : new SealiftError(denied.code, revision, denied.detail);
  }

  /** How what is in force stands under the policies and keys of now. */
  standing(source: OciRepository, desired: DesiredState): Standing {
    return standingOf(this.record(source), this.basis(source, desired));
  }

  /** Milliseconds until what is in force has to be judged again; `undefined` when time changes nothing. */
  judgementDelay(source: OciRepository, desired: DesiredState): number | undefined {
    return judgementDelay(this.record(source), this.basis(source, desired));
  }

  /** True while what is in force was accepted under this spec and this trust, and nobody asks for a poll. */
  isSettled(source: OciRepository, desired: DesiredState): boolean {
    const { generation, status } = this.record(source);
    const asked = source.metadata.annotations[requestedAtAnnotation];
    return (
      status.observedGeneration === generation &&
      (asked === undefined || asked === status.lastHandledReconcileAt) &&
      this.standing(source, desired) === 'good'
    );
  }

  /** What a verdict of now would rest on. */
  basis(source: OciRepository, desired: DesiredState): Basis {
    const { stages, time } = this.#deps;
    return { basis: stages.standing.basis(source, desired), now: time.now() };
  }

  /** What cannot be unpacked from the local layout any more is fetched again by the next poll. */
  #forgetLayer({ layer: _layer, validator: _validator, ...rest }: SourceRecord): void {
    this.#deps.state.sources.save(rest);
  }
}
