import {
  type Artifact,
  type Candidate,
  type DesiredState,
  isReady,
  type OciRepository,
  refuseUnsupportedSource,
  requestedAtAnnotation,
  revisionDigest,
  type SourceRecord,
  type StateStore,
} from '../../api/index.ts';
import { type Clock, type EventBody, SealiftError } from '../../core/index.ts';
import { withDeadline } from '../stages/deadline.ts';
import { inStage, StageFailure } from '../stages/stage-failure.ts';
import { underSpec } from '../status/spec-hash.ts';
import type { FreshnessGate } from './freshness-gate.ts';
import { refuseLostProtection } from './lost-protection.ts';
import { keptFreshnessWarnings, withWarnings } from './policy-warning.ts';
import type { SiteTime } from './site-time.ts';
import { type PollOutcome, pollSource, type SourceStages } from './source-pipeline.ts';
import {
  afterFailure,
  afterPoll,
  newSourceRecord,
  type SourceCycle,
  type SourceTransition,
} from './source-transition.ts';
import { type Basis, judgementDelay, type Standing, standingOf } from './standing.ts';
import { afterJudgement, afterJudgementFailure, type Judgement } from './standing-transition.ts';

interface SourceDeps {
  readonly stages: SourceStages;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly time: SiteTime;
  readonly gate: FreshnessGate;
  readonly emit: (source: OciRepository, body: EventBody) => void;
}

/** How one poll or judgement ended for the schedule. */
export interface SourceRun {
  /** Another artifact is in force now. */
  readonly changed: boolean;
  /** Polls that failed in a row. */
  readonly failures: number;
  readonly error?: SealiftError;
}

/** Polls sources. What is in force stays in force until something better is accepted, or it is refused itself. */
export class SourceReconciler {
  readonly #deps: SourceDeps;

  constructor(deps: SourceDeps) {
    this.#deps = deps;
  }

  /** One poll. Rejects only when the signal aborts or the state cannot be written. */
  async reconcile(source: OciRepository, desired: DesiredState, signal: AbortSignal): Promise<SourceRun> {
    const { basis } = this.#basis(source, desired);
    const polled = await this.#settle(this.#poll(source, desired, signal), signal);
    // What is in force may have been judged again meanwhile.
    const cycle = this.#cycle(source, this.#steady(source, desired, basis));
    const transition =
      polled instanceof StageFailure ? afterFailure(cycle, polled) : afterPoll(cycle, polled);
    return this.#take(cycle, transition);
  }

  /** Notes the spec of a suspended source and does nothing else. */
  hold(source: OciRepository): void {
    const { sources } = this.#deps.state;
    const known = sources.find(source.metadata.namespace, source.metadata.name);
    const record = this.record(source);
    if (known === undefined || known === record) return;
    const { generation, status } = record;
    const observed = isReady(status.conditions) ? { ...status, observedGeneration: generation } : status;
    sources.save({ ...record, status: observed });
  }

  /**
   * Judges what is in force again, where that is due; whatever the source names now, and whether or not the registry is there. Rejects only
   * when the signal aborts or the state cannot be written.
   */
  async judge(source: OciRepository, desired: DesiredState, signal: AbortSignal): Promise<SourceRun> {
    const { basis } = this.#basis(source, desired);
    const { layer, failures } = this.record(source);
    if (layer === undefined || this.standing(source, desired) !== 'unjudged')
      return { changed: false, failures };
    const { revision } = layer;
    const judged = await this.#settle(this.#judgeAgain(source, desired, revision, signal), signal);
    const cycle = this.#cycle(source, this.#steady(source, desired, basis));
    // A poll has been faster: what it accepted is judged under its own basis.
    const isOver =
      cycle.record.layer?.revision !== revision || standingOf(cycle.record, cycle) !== 'unjudged';
    if (isOver) return { changed: true, failures: cycle.record.failures };
    const transition =
      judged instanceof StageFailure
        ? afterJudgementFailure(cycle, revision, judged)
        : afterJudgement(cycle, judged);
    // That it is still accepted can be found out again; that it is not must not be forgotten.
    return this.#take(cycle, transition, transition.error === undefined);
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
    return standingOf(this.record(source), this.#basis(source, desired));
  }

  /** Milliseconds until what is in force has to be judged again; `undefined` when time changes nothing. */
  judgementDelay(source: OciRepository, desired: DesiredState): number | undefined {
    return judgementDelay(this.record(source), this.#basis(source, desired));
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

  #basis(source: OciRepository, desired: DesiredState): Basis {
    const { stages, time } = this.#deps;
    return { basis: stages.standing.basis(source, desired), now: time.now() };
  }

  /** The basis of a verdict that was made meanwhile; none when a trusted root was exchanged under it, so that it is made again. */
  #steady(source: OciRepository, desired: DesiredState, before: string): string {
    return this.#basis(source, desired).basis === before ? before : '';
  }

  #cycle(source: OciRepository, basis: string): SourceCycle {
    return { source, record: this.record(source), basis, now: this.#deps.time.now() };
  }

  /** What the work came to, or the failure of a stage. */
  async #settle<T>(work: Promise<T>, signal: AbortSignal): Promise<T | StageFailure> {
    try {
      return await work;
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof StageFailure) return thrown;
      throw thrown;
    }
  }

  #take({ source, record: before }: SourceCycle, transition: SourceTransition, isDerived = false): SourceRun {
    const { record, events, changed, error } = transition;
    const { sources } = this.#deps.state;
    if (record !== before && isDerived) sources.saveDerived(record);
    else if (record !== before) sources.save(record);
    for (const event of events) this.#deps.emit(source, event);
    return { changed, failures: record.failures, ...(error === undefined ? {} : { error }) };
  }

  /** What cannot be unpacked from the local layout any more is fetched again by the next poll. */
  #forgetLayer({ layer: _layer, validator: _validator, ...rest }: SourceRecord): void {
    this.#deps.state.sources.save(rest);
  }

  /**
   * Conditional only while what is in force was accepted under this spec and this trust, is as fresh as is asked now, and has not reached its
   * end: it may have a later one.
   */
  async #poll(source: OciRepository, desired: DesiredState, signal: AbortSignal): Promise<PollOutcome> {
    const record = this.record(source);
    await inStage('resolve', source.spec.url, async () => refuseUnsupportedSource(source));
    const settled =
      record.status.observedGeneration === record.generation && this.standing(source, desired) === 'good';
    const { stages, clock, gate, time } = this.#deps;
    const isOver = record.freshUntil !== undefined && time.now() >= record.freshUntil;
    const isFresh = !isOver && record.freshnessBasis === stages.freshness.basis(source, desired);
    const known = settled && isFresh ? record.validator : undefined;
    const inForce = record.status.artifact?.revision;
    const { verifiedBy } = record;
    return pollSource(stages, clock, { source, desired, known, verifiedBy, inForce, gate }, signal);
  }

  async #judgeAgain(
    source: OciRepository,
    desired: DesiredState,
    revision: string,
    signal: AbortSignal,
  ): Promise<Judgement> {
    const { stages, clock } = this.#deps;
    const { url, timeout } = source.spec;
    const record = this.record(source);
    const { layer, revoked, verifiedBy } = record;
    const judged = await inStage('verify', url, () =>
      withDeadline({ clock, ms: timeout, subject: url }, signal, (bounded) =>
        stages.standing.judge({ source, desired, revision }, bounded),
      ),
    );
    const verdict = refuseLostProtection(judged, source, verifiedBy);
    const isBack = verdict.kind !== 'refused' && revoked === true && layer !== undefined;
    const artifact = isBack
      ? await inStage('unpack', url, () => stages.unpack.unpack(source, layer, signal))
      : undefined;
    if (verdict.kind === 'refused') return { revision, verdict, artifact };
    const warned = withWarnings(verdict, keptFreshnessWarnings(record, desired));
    return { revision, verdict: warned, artifact };
  }
}
