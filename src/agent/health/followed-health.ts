import {
  asSealiftError,
  type Clock,
  type HealthWatch,
  type ObjectRef,
  SealiftError,
} from '../../core/index.ts';
import { DeliveryHealth, type HealthTask, type Moment } from '../../health/index.ts';

interface FollowDeps {
  readonly watch: HealthWatch;
  readonly clock: Clock;
  /** What it says has changed. What throws here is `broken`, and told again. */
  readonly changed: () => void;
  /** It works. */
  readonly told: () => void;
  /** It cannot look any longer, or nobody could take in what it said; says in how many milliseconds to try again. */
  readonly broken: (error: SealiftError) => number;
}

/** The health of one delivery, kept by what the target tells and by the clock; no worker waits for it. */
export class FollowedHealth {
  readonly #deps: FollowDeps;
  readonly #health: DeliveryHealth;
  readonly #stop = new AbortController();
  #timer: AbortController | undefined;
  #told: string;
  #isPaused = true;
  #isDue = false;

  /** Paused at first: nothing is said before `resume`. */
  constructor(task: HealthTask, deps: FollowDeps) {
    this.#deps = deps;
    this.#health = new DeliveryHealth(task, this.#moment());
    this.#told = this.#health.outline;
    void this.#follow(task.objects.map(({ ref }) => ref));
    this.#arm();
  }

  get phase(): DeliveryHealth['phase'] {
    return this.#health.phase;
  }

  /** What is waited for, and why; empty when nothing is. */
  describe(): string {
    return this.#health.describe();
  }

  /** Milliseconds since the waiting began. */
  get passedMs(): number {
    return this.#deps.clock.monotonic() - this.#health.since;
  }

  /** Says nothing from now on, and forgets nothing. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#tell();
  }

  end(): void {
    this.#stop.abort();
    this.#timer?.abort();
  }

  #moment(): Moment {
    const { clock } = this.#deps;
    return { monotonic: clock.monotonic(), wall: clock.now() };
  }

  async #follow(refs: readonly ObjectRef[]): Promise<void> {
    const { watch, clock, broken, told } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const failure = await watch
        .follow(
          refs,
          (ref, live, pods) => {
            if (signal.aborted) return;
            told();
            this.#health.tell(ref, live, this.#moment(), pods);
            this.#tell();
          },
          signal,
        )
        .then(
          () => new SealiftError('TARGET_FAILED', 'health', 'its watch ended'),
          (thrown) => asSealiftError(thrown, 'health', 'TARGET_FAILED'),
        );
      if (signal.aborted) return;
      await clock.sleep(broken(failure), signal).catch(() => undefined);
    }
  }

  /** Looks again when time alone may change something. */
  #arm(): void {
    this.#timer?.abort();
    this.#timer = undefined;
    const delayMs = this.#health.nextLook(this.#moment());
    if (delayMs === undefined || this.#stop.signal.aborted) return;
    this.#timer = new AbortController();
    this.#deps.clock.sleep(delayMs, this.#timer.signal).then(
      () => {
        this.#health.look(this.#moment());
        this.#tell();
      },
      () => undefined,
    );
  }

  /** Once for everything that is told in one go. */
  #tell(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#arm();
      const { outline } = this.#health;
      if (this.#isPaused || this.#stop.signal.aborted || outline === this.#told) return;
      this.#say(outline);
    });
  }

  #say(outline: string): void {
    const { changed, broken, clock } = this.#deps;
    try {
      changed();
      this.#told = outline;
    } catch (thrown) {
      const delayMs = broken(asSealiftError(thrown, 'health'));
      clock.sleep(delayMs, this.#stop.signal).then(
        () => this.#tell(),
        () => undefined,
      );
    }
  }
}
