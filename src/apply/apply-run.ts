import type { InventoryEntry } from '../api/index.ts';
import {
  asSealiftError,
  formatRef,
  type ObjectAction,
  type ObjectRef,
  type SealiftError,
  type Target,
} from '../core/index.ts';
import type { Failure } from './failure-report.ts';
import { sameInventory } from './inventory-course.ts';
import type { ApplyStep, KeepReason, Plan, PruneStep } from './plan.ts';

export interface ApplyHooks {
  /** Stores the inventory durably; resolves when it would survive a crash. Not called when nothing of it changed. */
  recordInventory(entries: readonly InventoryEntry[]): Promise<void>;
  /** Told after the fact, object by object. Whether a change repairs drift or brings a revision only the caller knows. */
  changed(ref: ObjectRef, action: Exclude<ObjectAction, 'repaired'>, reason?: KeepReason): void;
}

export interface ApplyRunRequest {
  readonly target: Target;
  readonly plan: Plan;
  readonly hooks: ApplyHooks;
  readonly signal: AbortSignal;
}

/** One way through a plan, and what came of it so far. */
export class ApplyRun {
  readonly undone = new Set<ApplyStep | PruneStep>();
  readonly failures: Failure[] = [];
  readonly #request: ApplyRunRequest;
  #recorded: readonly InventoryEntry[];
  #changed = 0;
  #held = 0;
  #faulty = false;

  constructor(request: ApplyRunRequest) {
    this.#request = request;
    this.#recorded = request.plan.inventory;
  }

  /** Objects created, changed or deleted. */
  get changed(): number {
    return this.#changed;
  }

  /** Deletions that wait because a write failed. */
  get held(): number {
    return this.#held;
  }

  async record(entries: readonly InventoryEntry[]): Promise<void> {
    if (sameInventory(entries, this.#recorded)) return;
    await this.#request.hooks.recordInventory(entries);
    this.#recorded = entries;
  }

  async apply(step: ApplyStep): Promise<void> {
    const { target, hooks, signal } = this.#request;
    switch (step.kind) {
      case 'create':
        return this.#act(step, 'created', () => target.write(step.object, { recreate: false }, signal));
      case 'change': {
        const { object, recreate } = step;
        return this.#act(step, 'configured', () => target.write(object, { recreate }, signal));
      }
      case 'refuse':
        this.failures.push({ ref: step.ref, detail: step.detail });
        return;
      case 'keep':
        hooks.changed(step.ref, 'kept', step.reason);
        return;
      case 'unchanged':
        return;
      default:
        return step satisfies never;
    }
  }

  async prune(step: PruneStep): Promise<void> {
    const { target, hooks, signal } = this.#request;
    if (step.kind === 'keep') {
      hooks.changed(step.ref, 'kept', step.reason);
    } else if (this.#faulty) {
      this.undone.add(step);
      this.#held += 1;
    } else {
      await this.#act(step, 'deleted', () => target.remove(step.ref, signal));
    }
  }

  async #act(
    step: ApplyStep | PruneStep,
    action: 'created' | 'configured' | 'deleted',
    perform: () => Promise<void>,
  ): Promise<void> {
    const { hooks, signal } = this.#request;
    signal.throwIfAborted();
    try {
      await perform();
    } catch (thrown) {
      signal.throwIfAborted();
      this.#fail(step, asSealiftError(thrown, formatRef(step.ref), 'TARGET_FAILED'));
      return;
    }
    this.#changed += 1;
    hooks.changed(step.ref, action);
  }

  #fail(step: ApplyStep | PruneStep, cause: SealiftError): void {
    if (step.kind !== 'delete') this.#faulty = true;
    this.undone.add(step);
    const prefix = `${cause.subject}: `;
    const detail = cause.message.startsWith(prefix) ? cause.message.slice(prefix.length) : cause.message;
    this.failures.push({ ref: step.ref, detail, cause });
  }
}
