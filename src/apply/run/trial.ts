import { inParallel, SealiftError, type Target, type TrialVerdict } from '../../core/index.ts';
import { optionsOf, type WriteStep } from '../plan/plan.ts';
import { Blockers } from './blockers.ts';

/** Writes that the target would refuse, each with its reason. */
export type Refusals = ReadonlyMap<WriteStep, SealiftError>;

/** Finds out what a target would refuse before it is written. Writes nothing. */
export class Trial {
  readonly #target: Target;
  readonly #signal: AbortSignal;
  /** Of which nothing is known yet. */
  readonly #open: Set<WriteStep>;
  readonly #needed = new Blockers();
  readonly #movesAdmission: boolean;
  #isBegun = false;

  /** `writes` are all that are going to be. */
  constructor(target: Target, writes: readonly WriteStep[], signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
    this.#open = new Set(writes);
    for (const step of writes) this.#needed.add(step);
    this.#movesAdmission = writes.some(({ ref }) => ref.group === 'admissionregistration.k8s.io');
  }

  /** What can be tried before anything is written. */
  get ready(): ReadonlySet<WriteStep> {
    return new Set([...this.#open].filter(({ ref }) => this.#needed.of(ref) === undefined));
  }

  /**
   * Tries what is about to be written, and the first time also what comes later, as far as it needs nothing that is written before it. What nobody can
   * tell is no refusal: the write decides.
   */
  async before(next: ReadonlySet<WriteStep>): Promise<Refusals> {
    const later = this.#isBegun ? new Set<WriteStep>() : this.ready;
    this.#isBegun = true;
    const tried = [...this.#open].filter((step) => next.has(step) || later.has(step));
    const refusals = new Map<WriteStep, SealiftError>();
    for (const [step, verdict] of await this.#verdicts(tried)) {
      const isNext = next.has(step);
      if (isNext || verdict.kind === 'accepted') this.#open.delete(step);
      if (verdict.kind === 'refused' && this.#isFinal(verdict.error, isNext))
        refusals.set(step, verdict.error);
    }
    return refusals;
  }

  /** What admission goes by may be among what is written before, or at the same time. */
  #isFinal({ code }: SealiftError, isNext: boolean): boolean {
    return code !== 'TARGET_ADMISSION_DENIED' || (isNext && !this.#movesAdmission);
  }

  async #verdicts(steps: readonly WriteStep[]): Promise<ReadonlyMap<WriteStep, TrialVerdict>> {
    const verdicts = new Map<WriteStep, TrialVerdict>();
    const { parallelWrites = 1 } = this.#target;
    const judge = async (step: WriteStep, signal: AbortSignal): Promise<void> => {
      verdicts.set(step, await this.#verdictOn(step, signal));
    };
    await inParallel(steps, parallelWrites, judge, this.#signal);
    return verdicts;
  }

  async #verdictOn(step: WriteStep, signal: AbortSignal): Promise<TrialVerdict> {
    const options = optionsOf(step);
    try {
      return (await this.#target.trials?.verdictOn(step.object, options, signal)) ?? { kind: 'undecided' };
    } catch (thrown) {
      // Whoever does not answer has refused nothing.
      if (thrown instanceof SealiftError) return { kind: 'undecided' };
      throw thrown;
    }
  }
}
