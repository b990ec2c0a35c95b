import { SealiftError, type Target } from '../../src/core/index.ts';

/** What goes wrong at the `at`-th call of a run, counted from 0. */
export interface Mishap {
  readonly at: number;
  /** `crash`: no call after it happens either. `fault`: only this one fails. */
  readonly kind: 'crash' | 'fault';
  /** Whether the call took effect all the same, as one whose answer is lost. */
  readonly effect: boolean;
}

/** Counts the calls of one run and fails as told. */
export class Fuse {
  readonly #mishap: Mishap | undefined;
  #calls = 0;

  constructor(mishap: Mishap | undefined) {
    this.#mishap = mishap;
  }

  async call<T>(act: () => Promise<T>): Promise<T> {
    const { at = Number.POSITIVE_INFINITY, kind = 'fault', effect = false } = this.#mishap ?? {};
    const now = this.#calls;
    this.#calls += 1;
    if (now < at || (now > at && kind === 'fault')) return act();
    if (now === at && effect) await act();
    throw new SealiftError('TARGET_FAILED', 'call', `${kind} at call ${now}`);
  }
}

/** The same target behind a fuse. */
export function fused(target: Target, fuse: Fuse): Target {
  return {
    description: target.description,
    observe: (...call) => fuse.call(() => target.observe(...call)),
    write: (...call) => fuse.call(() => target.write(...call)),
    remove: (...call) => fuse.call(() => target.remove(...call)),
    watch: (...call) => target.watch(...call),
  };
}
