import type { IndexChange } from '../indexed-store.ts';
import type { LayoutIndex } from '../layout-index.ts';

type Change = (index: LayoutIndex) => Promise<IndexChange>;

/** A change of the index, and whoever waits for it. */
export interface WaitingChange {
  /** How often it was begun. */
  attempts: number;
  /** Nobody waits for it any more. */
  isOver: boolean;
  /** Begins it; from now on it is waited for, whatever its signal says. @throws the reason of a signal that has fired. */
  begin(index: LayoutIndex): Promise<IndexChange>;
  succeed(): void;
  fail(reason: unknown): void;
}

/** Changes that wait for their turn, in order; one whose signal fires leaves. */
export class WaitingChanges {
  readonly #changes: WaitingChange[] = [];
  #none = new AbortController();

  /** Aborts when the last one leaves. */
  get none(): AbortSignal {
    return this.#none.signal;
  }

  get size(): number {
    return this.#changes.length;
  }

  /** Resolves when the change is made. */
  add(change: Change, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = (): void => this.#leave(waiting, signal?.reason);
      const begin = (index: LayoutIndex): Promise<IndexChange> => {
        signal?.removeEventListener('abort', leave);
        signal?.throwIfAborted();
        waiting.attempts += 1;
        return change(index);
      };
      const waiting: WaitingChange = { attempts: 0, isOver: false, begin, succeed: resolve, fail: reject };
      signal?.addEventListener('abort', leave, { once: true });
      this.#changes.push(waiting);
      this.#renew();
    });
  }

  /** The first ones. */
  take(limit: number): WaitingChange[] {
    return this.#changes.splice(0, limit);
  }

  /** Those that were taken and not made come first. */
  giveBack(changes: readonly WaitingChange[]): void {
    this.#changes.unshift(...changes.filter(({ isOver }) => !isOver));
    this.#renew();
  }

  /** Somebody waits again. */
  #renew(): void {
    if (this.#changes.length > 0 && this.#none.signal.aborted) this.#none = new AbortController();
  }

  #leave(waiting: WaitingChange, reason: unknown): void {
    waiting.isOver = true;
    waiting.fail(reason);
    const at = this.#changes.indexOf(waiting);
    if (at < 0) return;
    this.#changes.splice(at, 1);
    if (this.#changes.length === 0) this.#none.abort(reason);
  }
}
