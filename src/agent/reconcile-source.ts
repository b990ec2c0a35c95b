import {
  type Artifact,
  type DesiredState,
  type OciRepository,
  requestedAtAnnotation,
  type SourceRecord,
  type StateStore,
} from '../api/index.ts';
import type { Clock, EventBody, SealiftError } from '../core/index.ts';
import { type PollOutcome, pollSource, type SourceStages } from './source-pipeline.ts';
import { afterFailure, afterPoll, newSourceRecord, type SourceCycle } from './source-transition.ts';
import { specHash } from './spec-hash.ts';
import { inStage, StageFailure } from './stage-failure.ts';
import { trustHash } from './trust-hash.ts';
import { refuseUnsupportedSource } from './unsupported-fields.ts';

interface SourceDeps {
  readonly stages: SourceStages;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly emit: (source: OciRepository, body: EventBody) => void;
}

/** How one poll ended for the schedule. */
export interface SourceRun {
  /** Another artifact is in force now. */
  readonly changed: boolean;
  readonly failures: number;
  readonly error?: SealiftError;
}

/** Polls sources. What is in force stays in force until something better is accepted. */
export class SourceReconciler {
  readonly #deps: SourceDeps;

  constructor(deps: SourceDeps) {
    this.#deps = deps;
  }

  /** One poll. Rejects only when the signal aborts or the state cannot be written. */
  async reconcile(source: OciRepository, desired: DesiredState, signal: AbortSignal): Promise<SourceRun> {
    const { state, clock, emit } = this.#deps;
    const record = this.record(source);
    const cycle: SourceCycle = { source, record, trustHash: trustHash(source, desired), now: clock.now() };
    const transition = await this.#poll(cycle, desired, signal).then(
      (outcome) => afterPoll(cycle, outcome),
      (thrown) => {
        signal.throwIfAborted();
        if (!(thrown instanceof StageFailure)) throw thrown;
        return afterFailure(cycle, thrown);
      },
    );
    if (transition.record !== record) state.sources.save(transition.record);
    for (const event of transition.events) emit(source, event);
    const { changed, error } = transition;
    return { changed, failures: transition.record.failures, ...(error === undefined ? {} : { error }) };
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
    const { layer } = record;
    if (layer === undefined || record.trustHash !== trustHash(source, desired)) return undefined;
    try {
      return await this.#deps.stages.unpack.unpack(source, layer, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      this.#forgetLayer(record);
      throw thrown;
    }
  }

  /** What cannot be unpacked from the local layout any more is fetched again by the next poll. */
  #forgetLayer({ layer: _layer, validator: _validator, ...rest }: SourceRecord): void {
    this.#deps.state.sources.save(rest);
  }

  /** What is known of the source, its generation counted up when the spec is new. */
  record(source: OciRepository): SourceRecord {
    const { name, namespace } = source.metadata;
    const record = this.#deps.state.sources.find(namespace, name) ?? newSourceRecord(source);
    const hash = specHash(source.spec);
    return record.specHash === hash
      ? record
      : { ...record, specHash: hash, generation: record.generation + 1 };
  }

  /** True while what is in force was accepted under this spec and this trust, and nobody asks for a poll. */
  isSettled(source: OciRepository, desired: DesiredState): boolean {
    const { generation, layer, status, trustHash: trusted } = this.record(source);
    const asked = source.metadata.annotations[requestedAtAnnotation];
    return (
      layer !== undefined &&
      status.observedGeneration === generation &&
      trusted === trustHash(source, desired) &&
      (asked === undefined || asked === status.lastHandledReconcileAt)
    );
  }

  /** Conditional only while what is in force was accepted under this spec and this trust. */
  async #poll(cycle: SourceCycle, desired: DesiredState, signal: AbortSignal): Promise<PollOutcome> {
    const { source, record } = cycle;
    await inStage('resolve', source.spec.url, async () => refuseUnsupportedSource(source));
    const settled =
      record.status.observedGeneration === record.generation && record.trustHash === cycle.trustHash;
    const known = settled && record.layer !== undefined ? record.validator : undefined;
    const wasVerified = record.verified === true;
    return pollSource(this.#deps.stages, this.#deps.clock, { source, desired, known, wasVerified }, signal);
  }
}
