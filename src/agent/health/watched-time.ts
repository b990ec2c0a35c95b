import type { Clock } from '../../core/index.ts';

/** The time for which objects are waited for: it stands still while nobody can look at them. Milliseconds of the monotonic clock. */
export class WatchedTime {
  readonly #clock: Clock;
  #lostMs = 0;
  #stoppedAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get now(): number {
    return this.#stoppedAt ?? this.#clock.monotonic() - this.#lostMs;
  }

  get isStopped(): boolean {
    return this.#stoppedAt !== undefined;
  }

  /** From now on, or since a moment that has passed already. */
  stop(at: number = this.now): void {
    this.#stoppedAt ??= at;
  }

  /** From where it stopped, or from a later moment. */
  goOn(at: number | undefined = this.#stoppedAt): void {
    if (at === undefined) return;
    this.#lostMs = this.#clock.monotonic() - at;
    this.#stoppedAt = undefined;
  }
}
