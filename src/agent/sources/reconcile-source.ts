import {
  type DesiredState,
  isReady,
  type OciRepository,
  refuseUnsupportedSource,
  type StateStore,
} from '../../api/index.ts';
import type { Clock, EventBody, SealiftError } from '../../core/index.ts';
import { withDeadline } from '../stages/deadline.ts';
import { inStage, StageFailure } from '../stages/stage-failure.ts';
import type { FreshnessGate } from './freshness-gate.ts';
import { SourcesInForce } from './in-force.ts';
import { refuseLostProtection } from './lost-protection.ts';
import { keptFreshnessWarnings, withWarnings } from './policy-warning.ts';
import type { SiteTime } from './site-time.ts';
import { type PollOutcome, pollSource, type SourceStages } from './source-pipeline.ts';
import { afterFailure, afterPoll, type SourceCycle, type SourceTransition } from './source-transition.ts';
import { standingOf } from './standing.ts';
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
  readonly inForce: SourcesInForce;
  readonly #deps: SourceDeps;

  constructor(deps: SourceDeps) {
    this.#deps = deps;
    this.inForce = new SourcesInForce(deps);
  }

  /** One poll. Rejects only when the signal aborts or the state cannot be written. */
  async reconcile(source: OciRepository, desired: DesiredState, signal: AbortSignal): Promise<SourceRun> {
    const { basis } = this.inForce.basis(source, desired);
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
    const record = this.inForce.record(source);
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
    const { basis } = this.inForce.basis(source, desired);
    const { layer, failures } = this.inForce.record(source);
    if (layer === undefined || this.inForce.standing(source, desired) !== 'unjudged')
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

  /** The basis of a verdict that was made meanwhile; none when a trusted root was exchanged under it, so that it is made again. */
  #steady(source: OciRepository, desired: DesiredState, before: string): string {
    return this.inForce.basis(source, desired).basis === before ? before : '';
  }

  #cycle(source: OciRepository, basis: string): SourceCycle {
    return { source, record: this.inForce.record(source), basis, now: this.#deps.time.now() };
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

  /**
   * Conditional only while what is in force was accepted under this spec and this trust, is as fresh as is asked now, and has not reached its
   * end: it may have a later one.
   */
  async #poll(source: OciRepository, desired: DesiredState, signal: AbortSignal): Promise<PollOutcome> {
    const record = this.inForce.record(source);
    await inStage('resolve', source.spec.url, async () => refuseUnsupportedSource(source));
    const settled =
      record.status.observedGeneration === record.generation &&
      this.inForce.standing(source, desired) === 'good';
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
    const record = this.inForce.record(source);
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
