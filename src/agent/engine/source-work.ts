import {
  askedSource,
  type DesiredState,
  findNamed,
  type Kustomization,
  type OciRepository,
} from '../../api/index.ts';
import { withdrawalFault, withdrawnSources } from '../deliveries/withdrawn.ts';
import type { AgentParts } from '../parts/agent-parts.ts';
import { pollLane } from '../queue/lanes.ts';
import { PollPauses } from '../queue/poll-pauses.ts';
import { afterRunDelay, firstPollDelay, nextRunDelay, siteIntervalMs } from '../queue/schedule.ts';
import { type Work, workKey } from '../queue/work-key.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { SourceReconciler } from '../sources/reconcile-source.ts';

const minJudgementDelayMs = 1_000;

/** What could not be judged is tried again this soon: its deliveries are held back, and a registry that is away is asked no more than twice a minute. */
const judgementRetryMs = 30_000;

interface SourceWorkDeps {
  readonly parts: Pick<AgentParts, 'state' | 'clock' | 'random' | 'withdrawAll'>;
  readonly sources: SourceReconciler;
  readonly polls: WorkQueue;
  readonly judgements: WorkQueue;
  readonly signal: AbortSignal;
  /** What is in force now: it may be another one when a poll ends. */
  readonly desired: () => DesiredState;
  /** Another artifact is in force, or none any more, or one that could not be used before. */
  readonly changed: (source: OciRepository) => void;
  /** One was forgotten. */
  readonly forgotten: () => void;
}

/** When sources are polled, judged again, and forgotten. */
export class SourceWork {
  readonly #deps: SourceWorkDeps;
  readonly #pauses: PollPauses;
  /** Sources that left the configuration, with the moment on the monotonic clock when that was seen. */
  readonly #missing = new Map<string, number>();

  constructor(deps: SourceWorkDeps) {
    this.#deps = deps;
    this.#pauses = new PollPauses(deps.parts.clock);
  }

  /** A poll that is due earlier stays due. What a suspended source has in force is judged like any other. */
  add(source: OciRepository): void {
    const { sources, polls, parts, desired } = this.#deps;
    const { metadata, spec } = source;
    this.#addJudgement(source);
    const settled = !spec.suspend && sources.inForce.isSettled(source, desired());
    const delayMs = firstPollDelay(spec.interval, settled, parts.random.next());
    polls.add(workKey({ kind: 'source', ...metadata }), delayMs, pollLane(spec.url));
  }

  /** Those that left the configuration. */
  addWithdrawn(): void {
    const { parts, polls, desired } = this.#deps;
    for (const record of withdrawnSources(parts.state.sources.all(), desired()))
      polls.add(workKey({ kind: 'source', ...record }));
  }

  /** What the source of a delivery has in force is judged now, or will be at once; that wakes the delivery. */
  isJudgingFor(delivery: Kustomization): boolean {
    return this.#deps.judgements.isDue(workKey({ ...askedSource(delivery), kind: 'judgement' }));
  }

  /** Polls a source, or forgets it. Gives the milliseconds until it is to be done again, as `judge` does. */
  async perform(work: Work): Promise<number | undefined> {
    const { sources, desired } = this.#deps;
    const source = findNamed(desired().sources, work.namespace, work.name);
    if (source === undefined) return this.#forget(work);
    this.#missing.delete(workKey(work));
    if (!source.spec.suspend) return this.#poll(source);
    sources.hold(source);
    return undefined;
  }

  async judge({ namespace, name }: Work): Promise<number | undefined> {
    const { sources, desired, changed: tell, signal, parts } = this.#deps;
    const source = findNamed(desired().sources, namespace, name);
    if (source === undefined) return undefined;
    const { changed, error } = await sources.judge(source, desired(), signal);
    if (changed) tell(source);
    if (error === undefined || sources.inForce.standing(source, desired()) !== 'unjudged') {
      const delayMs = sources.inForce.judgementDelay(source, desired());
      // A verdict that ends at the moment it is made must not be made over and over.
      return delayMs === undefined ? undefined : Math.max(delayMs, minJudgementDelayMs);
    }
    // What only another configuration can mend is looked at again when that comes.
    const retryMs = error.retryable ? judgementRetryMs : siteIntervalMs;
    return nextRunDelay(Math.max(error.retryAfterMs ?? 0, retryMs), parts.random.next());
  }

  /** Asks for the judgement that is due now or at some time; its end wakes the deliveries of the source. */
  #addJudgement(source: OciRepository): void {
    const { sources, judgements, desired } = this.#deps;
    const delayMs = sources.inForce.judgementDelay(source, desired());
    if (delayMs !== undefined) judgements.add(workKey({ kind: 'judgement', ...source.metadata }), delayMs);
  }

  async #poll(source: OciRepository): Promise<number> {
    const { sources, desired, changed: tell, signal, parts } = this.#deps;
    const pauseMs = this.#pauses.remaining(source);
    if (pauseMs > 0) return pauseMs;
    const end = await sources.reconcile(source, desired(), signal);
    const { changed, error } = end;
    if (changed) tell(source);
    // What could not be judged is tried again by its own timer, not at every poll.
    if (changed || sources.inForce.standing(source, desired()) === 'good') this.#addJudgement(source);
    const delayMs = afterRunDelay(end, source.spec.interval, parts.random.next());
    return this.#pauses.learn(source, error, { delayMs, random: parts.random.next() });
  }

  /** Forgets a source that has been out of the configuration for long: its name may have been mistyped, or the configuration refused. */
  #forget(source: Work): number | undefined {
    const { parts, desired, forgotten } = this.#deps;
    const { state, clock, withdrawAll } = parts;
    const key = workKey(source);
    const since = this.#missing.get(key) ?? clock.monotonic();
    this.#missing.set(key, since);
    const isRefused = withdrawalFault(state.deliveries.all(), desired(), withdrawAll) !== undefined;
    if (isRefused || clock.monotonic() - since < siteIntervalMs) return siteIntervalMs;
    this.#missing.delete(key);
    this.#pauses.forget(key);
    state.sources.remove(source.namespace, source.name);
    forgotten();
    return undefined;
  }
}
