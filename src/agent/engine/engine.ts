import type { DesiredState } from '../../api/index.ts';
import { asSealiftError, siteSubject } from '../../core/index.ts';
import { withdrawalFault } from '../deliveries/withdrawn.ts';
import { housekeepingDelayMs, housekeepingRetryMs, inForce } from '../housekeeping/housekeeping.ts';
import { Quiet } from '../housekeeping/quiet.ts';
import type { AgentParts } from '../parts/agent-parts.ts';
import { createReconcilers, type Reconcilers } from '../parts/reconcilers.ts';
import { Complaints } from '../queue/complaints.ts';
import { siteIntervalMs } from '../queue/schedule.ts';
import { parseWorkKey, type Work, workKey } from '../queue/work-key.ts';
import { WorkQueue } from '../queue/work-queue.ts';
import { DeliveryWork } from './delivery-work.ts';
import { SourceWork } from './source-work.ts';

/** Polls of one host at once, and deliveries at once: Flux's default, and enough to keep a thin link busy. */
const concurrency = 4;

/** Deliveries to other clusters at once, of one and of all: clusters that are away hold no worker of those that are there. */
const perCluster = 2;
const toOtherClusters = 8;

/** Judgements at once: each is a moment of computing, and now and then a question to a registry. */
const judgements = 4;

/** Polls at once: one registry that is slow, however many sources it has, leaves places for the others. */
const polls = 6;

const housekeeping = workKey({ kind: 'housekeeping', namespace: '', name: '' });

/**
 * The agent at work: sources polled by timer, deliveries moved by events (a new artifact, a new configuration, a changed object, a dependency
 * that became ready), each waiting as a state and never as a worker.
 */
export class Engine {
  readonly #parts: AgentParts;
  readonly #reconcilers: Reconcilers;
  /** Apart, so that registries that do not answer hold no worker that drift waits for. */
  readonly #polls: WorkQueue;
  /** Apart, so that what is in force is judged again while registries do not answer. */
  readonly #judgements: WorkQueue;
  readonly #applies: WorkQueue;
  readonly #sources: SourceWork;
  readonly #deliveries: DeliveryWork;
  /** Nothing is built while the disk is tidied: a tree must not go from under a build. */
  readonly #quiet = new Quiet();
  readonly #stop = new AbortController();
  /** What broke outside the stages and has not worked since. */
  readonly #complaints: Complaints;
  #desired: DesiredState;

  constructor(parts: AgentParts, desired: DesiredState) {
    this.#parts = parts;
    this.#desired = desired;
    this.#reconcilers = createReconcilers(parts, (delivery) => this.#deliveries.moved(delivery));
    this.#complaints = new Complaints({
      tell: (event) => this.#reconcilers.emit(siteSubject, event),
      maxDelayMs: siteIntervalMs,
      random: () => parts.random.next(),
    });
    const options = {
      clock: parts.clock,
      work: (key: string): Promise<number | undefined> => this.#work(parseWorkKey(key)),
    };
    this.#polls = new WorkQueue({ ...options, concurrency: polls, perLane: concurrency });
    this.#judgements = new WorkQueue({ ...options, concurrency: judgements });
    this.#applies = new WorkQueue({ ...options, concurrency, perLane: perCluster, laned: toOtherClusters });
    const shared = { parts, signal: this.#stop.signal, desired: () => this.#desired };
    this.#deliveries = new DeliveryWork({
      ...shared,
      reconcilers: this.#reconcilers,
      applies: this.#applies,
    });
    this.#sources = new SourceWork({
      ...shared,
      sources: this.#reconcilers.sources,
      polls: this.#polls,
      judgements: this.#judgements,
      changed: (source) => {
        this.#deliveries.addOf(source);
        this.#tidySoon();
      },
      forgotten: () => this.#tidySoon(),
    });
  }

  /** Works until the signal aborts; then resolves as soon as no work is under way. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#stop.abort(signal.reason), { once: true });
    if (signal.aborted) this.#stop.abort(signal.reason);
    this.#polls.add(housekeeping);
    this.replace(this.#desired);
    const { targets, health } = this.#reconcilers;
    await targets.watch(
      {
        changed: (key, ref) => {
          this.#complaints.end(`watch ${key}`);
          this.#deliveries.objectChanged(key, ref);
        },
        broken: (key, error) => this.#complaints.add(`watch ${key}`, error),
      },
      this.#stop.signal,
    );
    health.close();
    const queues = [this.#polls, this.#judgements, this.#applies];
    for (const queue of queues) queue.close();
    await Promise.all(queues.map((queue) => queue.idle()));
    this.#endLife();
    await targets.close();
  }

  /**
   * Takes another configuration into force. Deliveries are all looked at again, which asks nobody; sources are polled at once where spec or
   * trust are new, and go on by their timers elsewhere. What is in force under other policies or keys is judged first.
   */
  replace(desired: DesiredState): void {
    this.#desired = desired;
    for (const source of desired.sources) this.#sources.add(source);
    for (const delivery of desired.deliveries)
      if (!this.#sources.isJudgingFor(delivery)) this.#deliveries.add(delivery);
    this.#addWithdrawn();
  }

  /** Something changed beside the configuration that verdicts rest on, such as trusted roots: what rests on it is judged again. */
  judgeAgain(): void {
    this.replace(this.#desired);
  }

  /** What cannot be written now is counted as a death: told, and no reason not to end. */
  #endLife(): void {
    try {
      this.#reconcilers.lives.end();
    } catch (thrown) {
      this.#complaints.add('end', asSealiftError(thrown, 'end'));
    }
  }

  #addWithdrawn(): void {
    const { state, withdrawAll } = this.#parts;
    const fault = withdrawalFault(state.deliveries.all(), this.#desired, withdrawAll);
    if (fault !== undefined) {
      this.#complaints.add('withdrawal', fault);
      return;
    }
    this.#complaints.end('withdrawal');
    this.#deliveries.addWithdrawn();
    this.#sources.addWithdrawn();
  }

  /** Does one piece of work; says when to come again. What breaks outside the stages (a full disk) is told and tried again. */
  async #work(work: Work): Promise<number | undefined> {
    const key = workKey(work);
    try {
      const nextMs = await this.#perform(work);
      this.#complaints.end(key);
      return nextMs;
    } catch (thrown) {
      return this.#stop.signal.aborted ? undefined : this.#complaints.add(key, asSealiftError(thrown, key));
    }
  }

  async #perform(work: Work): Promise<number | undefined> {
    switch (work.kind) {
      case 'source':
        return this.#sources.perform(work);
      case 'judgement':
        return this.#sources.judge(work);
      case 'delivery':
        return this.#quiet.beside(() => this.#deliveries.perform(work));
      case 'housekeeping':
        return this.#quiet.alone(() => this.#keepHouse()) ?? housekeepingRetryMs;
    }
  }

  async #keepHouse(): Promise<number | undefined> {
    const { housekeeping, state } = this.#parts;
    return housekeeping?.collect(inForce(state.sources.all(), state.deliveries.all()), this.#stop.signal);
  }

  #tidySoon(): void {
    this.#polls.add(housekeeping, housekeepingDelayMs);
  }
}
