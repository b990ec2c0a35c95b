import type { InventoryEntry } from '../../api/index.ts';
import {
  type Departure,
  inParallel,
  type ObjectAction,
  type ObjectRef,
  type SealiftError,
  type Target,
  type WriteOptions,
  withoutTexts,
} from '../../core/index.ts';
import { type Failure, failureOf } from '../plan/failure.ts';
import {
  type ApplyStep,
  isWrite,
  type KeepReason,
  optionsOf,
  type Plan,
  type PruneStep,
  type WriteStep,
} from '../plan/plan.ts';
import { Blockers } from './blockers.ts';
import { failureReport, pruneLimitFault } from './failure-report.ts';
import { type Fates, inventoryAhead, sameInventory } from './inventory-course.ts';
import { Trial } from './trial.ts';

export interface ApplyHooks {
  /** Stores the inventory durably; resolves when it would survive a crash. Not called when nothing of it changed. */
  recordInventory(entries: readonly InventoryEntry[]): Promise<void>;
  /** Told after the fact, object by object. Whether a change repairs drift or brings a revision only the caller knows. */
  changed(ref: ObjectRef, action: Exclude<ObjectAction, 'repaired'>, reason?: KeepReason): void;
  /** Told what the target has to say of an object that it took. */
  warned?(ref: ObjectRef, message: string): void;
  /** Told of each object that left the build, was deleted, and is not gone yet; it stays in the inventory until it is. */
  departing?(ref: ObjectRef, departure: Departure): void;
}

export interface ApplyRunRequest {
  readonly target: Target;
  readonly plan: Plan;
  readonly hooks: ApplyHooks;
  readonly signal: AbortSignal;
}

/** One way through a plan, and what came of it so far. */
export class ApplyRun implements Fates {
  /** Steps that were not carried out, or are not over: the inventory stays as it was for them. */
  readonly undone = new Set<ApplyStep | PruneStep>();
  /** Writes that were not begun, since an object was refused before. */
  readonly held = new Set<ApplyStep>();
  readonly #request: ApplyRunRequest;
  readonly #trial: Trial | undefined;
  readonly #failures = new Map<ApplyStep | PruneStep, Failure>();
  readonly #blockers = new Blockers();
  /** Writes that wait, with the failed one that they wait for. */
  readonly #waiting = new Map<ApplyStep, ObjectRef>();
  #recorded: readonly InventoryEntry[];
  #changed = 0;
  #heldDeletions = 0;
  #beyondLimit = 0;
  #faulty = false;
  #isRefused = false;

  constructor(request: ApplyRunRequest) {
    const { target, plan, signal } = request;
    this.#request = request;
    this.#recorded = plan.inventory;
    const writes = plan.applies.filter(isWrite);
    // A single object is tried by its write.
    if (writes.length > 1 && target.trials !== undefined) this.#trial = new Trial(target, writes, signal);
  }

  /** Objects created, changed or deleted. */
  get changed(): number {
    return this.#changed;
  }

  /** One error for all that went wrong, in the order of the plan; `undefined` when nothing did. */
  get failure(): SealiftError | undefined {
    const { target, plan } = this.#request;
    const beyondLimit = this.#beyondLimit;
    if (this.#failures.size === 0) return pruneLimitFault(target.description, plan, beyondLimit);
    const steps = [...plan.applies, ...plan.prunes];
    const failures = steps.map((step) => this.#failures.get(step)).filter((one) => one !== undefined);
    const writes = plan.applies.map((step) => this.#waiting.get(step)).filter((one) => one !== undefined);
    const valid = [...this.held].filter((step) => !this.#failures.has(step)).length;
    const held = { writes, valid, deletions: this.#heldDeletions, beyondLimit };
    return failureReport(target.description, failures, held);
  }

  async record(entries: readonly InventoryEntry[]): Promise<void> {
    if (sameInventory(entries, this.#recorded)) return;
    await this.#request.hooks.recordInventory(entries);
    this.#recorded = entries;
  }

  /**
   * Steps that do not need each other, as many at once as the target takes. Once the target would refuse one of them, or of those that come later
   * as far as that is known, nothing more is written.
   */
  async applyStage(steps: readonly ApplyStep[]): Promise<void> {
    const { target, plan, signal } = this.#request;
    const writes = steps.filter(isWrite);
    if (writes.length > 0 && !this.#isRefused) {
      await this.#try(writes);
      if (!this.#isRefused) await this.record(inventoryAhead(plan));
    }
    await inParallel(steps, target.parallelWrites ?? 1, (step) => this.#apply(step), signal);
  }

  async #try(writes: readonly WriteStep[]): Promise<void> {
    const next = new Set(writes.filter(({ ref }) => this.#blockers.of(ref) === undefined));
    const refusals = (await this.#trial?.before(next)) ?? new Map();
    for (const [step, error] of refusals) this.#failures.set(step, this.#failure(step, error));
    this.#isRefused = refusals.size > 0;
    this.#faulty ||= this.#isRefused;
  }

  async #apply(step: ApplyStep): Promise<void> {
    switch (step.kind) {
      case 'create':
      case 'change':
        return this.#write(step);
      case 'refuse':
        // Of what nobody could look at it is not known whether it is there: what it may take the place of stays.
        this.#faulty ||= step.reason === 'not-read';
        this.#failures.set(step, step);
        return;
      case 'keep':
        this.#request.hooks.changed(step.ref, 'kept', step.reason);
        return;
      case 'unchanged':
        return;
      default:
        return step satisfies never;
    }
  }

  async #write(step: WriteStep): Promise<void> {
    if (this.#isRefused) {
      this.held.add(step);
      return;
    }
    const blocker = this.#blockers.of(step.ref);
    if (blocker !== undefined) {
      this.#waiting.set(step, blocker);
      this.undone.add(step);
      return;
    }
    const { target, hooks, signal } = this.#request;
    const { recreate, ignored } = optionsOf(step);
    let action: 'created' | 'configured' = step.kind === 'create' ? 'created' : 'configured';
    const deleted = (): void => {
      action = 'created';
      hooks.changed(step.ref, 'deleted');
    };
    const warned = (warnings: readonly string[]): void =>
      hooks.warned?.(step.ref, this.#masked(warnings.join('; ')));
    const done = await this.#act(step, async () => {
      await target.write(step.object, { recreate, ignored, deleted, warned, ...basisOf(step) }, signal);
      return action;
    });
    if (done) return;
    this.#faulty = true;
    this.#blockers.add(step);
  }

  /** As `applyStage`. */
  async pruneStage(steps: readonly PruneStep[]): Promise<void> {
    const { target, signal } = this.#request;
    await inParallel(steps, target.parallelWrites ?? 1, (step) => this.#prune(step), signal);
  }

  async #prune(step: PruneStep): Promise<void> {
    const { target, hooks, signal } = this.#request;
    if (step.kind === 'keep') {
      if (step.departure === undefined) hooks.changed(step.ref, 'kept', step.reason);
      else hooks.departing?.(step.ref, step.departure);
    } else if (step.kind === 'refuse') {
      this.#failures.set(step, step);
    } else if (step.kind === 'hold') {
      this.#beyondLimit += 1;
    } else if (this.#faulty) {
      this.undone.add(step);
      this.#heldDeletions += 1;
    } else {
      await this.#act(step, async () => {
        const departure = await target.remove(step.ref, signal, step.uid);
        if (departure === undefined) return 'deleted';
        this.undone.add(step);
        hooks.departing?.(step.ref, departure);
        return 'deleted';
      });
    }
  }

  #masked(text: string): string {
    const { secretTexts } = this.#request.plan;
    return secretTexts === undefined ? text : withoutTexts(text, secretTexts);
  }

  #failure({ ref }: WriteStep | PruneStep, thrown: unknown): Failure {
    return failureOf(ref, thrown, this.#request.plan.secretTexts);
  }

  /** Whether it was done, which `perform` has a word for; what went wrong is noted. */
  async #act(
    step: WriteStep | PruneStep,
    perform: () => Promise<'created' | 'configured' | 'deleted'>,
  ): Promise<boolean> {
    const { hooks, signal } = this.#request;
    signal.throwIfAborted();
    let action: 'created' | 'configured' | 'deleted';
    try {
      action = await perform();
    } catch (thrown) {
      signal.throwIfAborted();
      this.undone.add(step);
      this.#failures.set(step, this.#failure(step, thrown));
      return false;
    }
    this.#changed += 1;
    hooks.changed(step.ref, action);
    return true;
  }
}

function basisOf(step: WriteStep): Pick<WriteOptions, 'basis'> {
  if (step.kind === 'create') return { basis: { kind: 'nothing' } };
  return step.uid === undefined ? {} : { basis: { kind: 'object', uid: step.uid } };
}
