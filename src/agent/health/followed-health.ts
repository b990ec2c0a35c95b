import { inventoryId } from '../../api/index.ts';
import {
  asSealiftError,
  type Clock,
  type HealthWatch,
  type ObjectRef,
  SealiftError,
} from '../../core/index.ts';
import { DeliveryHealth, type HealthTask, type Moment } from '../../health/index.ts';
import { WatchedTime } from './watched-time.ts';

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
  readonly #refs: readonly ObjectRef[];
  readonly #timeoutMs: number;
  readonly #time: WatchedTime;
  readonly #stop = new AbortController();
  /** One way of looking at all of them; begun anew when it broke, or when its word is wanted. */
  #round = new AbortController();
  /** By inventory id: what this round has not told yet, as long as time stands still for that. */
  readonly #unheard = new Set<string>();
  /** When the waiting ends, as soon as all objects have been looked at again for that. */
  #endsAt: number | undefined;
  #timer: AbortController | undefined;
  #told: string;
  #isPaused = true;
  #isDue = false;

  /** Paused at first: nothing is said before `resume`. */
  constructor(task: HealthTask, deps: FollowDeps) {
    this.#deps = deps;
    this.#refs = task.objects.map(({ ref }) => ref);
    this.#timeoutMs = task.timeoutMs;
    this.#time = new WatchedTime(deps.clock);
    this.#health = new DeliveryHealth(task, this.#moment());
    this.#told = this.#health.outline;
    void this.#follow();
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
    return this.#time.now - this.#health.since;
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
    this.#round.abort();
    this.#timer?.abort();
  }

  #moment(): Moment {
    return { monotonic: this.#time.now, wall: this.#deps.clock.now() };
  }

  async #follow(): Promise<void> {
    const { clock, broken } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const round = new AbortController();
      this.#round = round;
      const failure = await this.#look(round.signal);
      if (signal.aborted) return;
      if (round.signal.aborted) continue;
      this.#lose(this.#time.now);
      await clock.sleep(broken(failure), signal).catch(() => undefined);
    }
  }

  /** Until it breaks. */
  #look(round: AbortSignal): Promise<SealiftError> {
    const { watch, told } = this.#deps;
    const following = watch.follow(
      this.#refs,
      (ref, live, pods) => {
        if (round.aborted) return;
        told();
        this.#health.tell(ref, live, this.#moment(), pods);
        this.#heard(ref);
        this.#tell();
      },
      round,
    );
    return following.then(
      () => new SealiftError('TARGET_FAILED', 'health', 'its watch ended'),
      (thrown) => asSealiftError(thrown, 'health', 'TARGET_FAILED'),
    );
  }

  /** From then on nobody can look: that is not the fault of what is waited for, whose time stands still until each object has been heard of again. */
  #lose(at: number): void {
    this.#time.stop(at);
    for (const ref of this.#refs) this.#unheard.add(inventoryId(ref));
  }

  #heard(ref: ObjectRef): void {
    this.#unheard.delete(inventoryId(ref));
    if (!this.#time.isStopped || this.#unheard.size > 0) return;
    this.#time.goOn(this.#endsAt);
    this.#endsAt = undefined;
    this.#health.look(this.#moment());
  }

  /** Looks again when time alone may change something. */
  #arm(): void {
    this.#timer?.abort();
    this.#timer = undefined;
    if (this.#time.isStopped || this.#stop.signal.aborted) return;
    const delayMs = this.#health.nextLook(this.#moment());
    if (delayMs === undefined) return;
    this.#timer = new AbortController();
    this.#deps.clock.sleep(delayMs, this.#timer.signal).then(
      () => this.#timePassed(),
      () => undefined,
    );
  }

  #timePassed(): void {
    const { phase, since } = this.#health;
    const endsAt = since + this.#timeoutMs;
    if (phase === 'waiting' && this.#time.now >= endsAt) {
      // A connection that is cut says nothing for minutes: what was heard of last may be long past.
      this.#endsAt = endsAt;
      this.#lose(endsAt - 1);
      this.#round.abort();
    } else {
      this.#health.look(this.#moment());
      this.#tell();
    }
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
