import type { Clock } from '../../core/index.ts';

interface Entry {
  /** When it is to run, on the monotonic clock; infinite when it is not. */
  due: number;
  /** It is due, and waits for its place. */
  ready: boolean;
  running: boolean;
  /** Asked for again while it ran. */
  again: boolean;
  /** Work of one lane is kept to its limit. */
  lane: string | undefined;
}

interface WorkQueueOptions {
  readonly clock: Clock;
  /** Pieces of work that run at the same time. */
  readonly concurrency: number;
  /** The same, of one lane. Default: no limit but the other. */
  readonly perLane?: number;
  /** Places that work in lanes has to itself, so that it takes none from other work. Default: it shares those of all. */
  readonly laned?: number;
  /** Does the work of a key; says in how many milliseconds to come again, or `undefined` for never; a rejection counts as never. */
  readonly work: (key: string) => Promise<number | undefined>;
}

/**
 * Keyed work: one run at a time for each key, a limit over all and one for each lane, timers for later runs. A key that is asked for while it runs, runs once more.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ready: string[] = [];
  readonly #waiters: (() => void)[] = [];
  #running = 0;
  #laned = 0;
  readonly #runningOf = new Map<string, number>();
  #closed = false;
  /** The one sleep that is under way: a timer for each of a thousand keys would hold some megabytes. */
  #sleep: { readonly due: number; readonly stop: AbortController } | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Asks for a run of the key after `delayMs`; an earlier one that is already due stays. The lane is kept until another is given; '' is none. */
  add(key: string, delayMs = 0, lane?: string): void {
    if (this.#closed) return;
    const entry = this.#entries.get(key) ?? {
      due: Number.POSITIVE_INFINITY,
      ready: false,
      running: false,
      again: false,
      lane,
    };
    this.#entries.set(key, entry);
    entry.lane = lane ?? entry.lane;
    if (entry.running && delayMs === 0) {
      entry.again = true;
      return;
    }
    const due = this.#options.clock.monotonic() + delayMs;
    if (entry.due <= due) return;
    entry.due = due;
    if (delayMs === 0) this.#makeReady(key, entry);
    else this.#sleepUntil(due);
  }

  /** True while a run of the key is under way or due at once. */
  isDue(key: string): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && (entry.running || entry.due <= this.#options.clock.monotonic());
  }

  /** Ends all timers; no work starts any more. */
  close(): void {
    this.#closed = true;
    this.#sleep?.stop.abort();
    this.#entries.clear();
    this.#ready.length = 0;
  }

  /** Resolves when no work is under way. */
  async idle(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #sleepUntil(due: number): void {
    if (this.#sleep !== undefined && this.#sleep.due <= due) return;
    this.#sleep?.stop.abort();
    const stop = new AbortController();
    this.#sleep = { due, stop };
    const { clock } = this.#options;
    clock.sleep(Math.max(0, due - clock.monotonic()), stop.signal).then(
      () => this.#wake(),
      () => undefined,
    );
  }

  /** Makes ready what is due, in that order, and sleeps until the next is. */
  #wake(): void {
    this.#sleep = undefined;
    const now = this.#options.clock.monotonic();
    const asleep = [...this.#entries].filter(([, { due, ready }]) => !ready && Number.isFinite(due));
    const next = asleep.reduce((least, [, { due }]) => (due > now ? Math.min(least, due) : least), Infinity);
    if (next !== Infinity) this.#sleepUntil(next);
    const isDue = asleep.filter(([, { due }]) => due <= now).sort(([, a], [, b]) => a.due - b.due);
    for (const [key, entry] of isDue) this.#makeReady(key, entry);
  }

  #makeReady(key: string, entry: Entry): void {
    entry.ready = true;
    this.#ready.push(key);
    this.#pump();
  }

  #pump(): void {
    for (;;) {
      const index = this.#ready.findIndex((key) => this.#mayStart(this.#entries.get(key)));
      if (index < 0) return;
      const [key] = this.#ready.splice(index, 1);
      const entry = key === undefined ? undefined : this.#entries.get(key);
      if (key !== undefined && entry !== undefined) this.#start(key, entry);
    }
  }

  #mayStart(entry: Entry | undefined): boolean {
    if (entry === undefined) return true;
    const { perLane = Number.POSITIVE_INFINITY } = this.#options;
    return !entry.running && this.#countOf(entry.lane) < perLane && this.#hasPlaceFor(entry.lane);
  }

  #hasPlaceFor(lane: string | undefined): boolean {
    const { concurrency, laned } = this.#options;
    if (laned === undefined) return this.#running < concurrency;
    return isNone(lane) ? this.#running - this.#laned < concurrency : this.#laned < laned;
  }

  #countOf(lane: string | undefined): number {
    return isNone(lane) ? 0 : (this.#runningOf.get(lane) ?? 0);
  }

  #count(lane: string | undefined, change: 1 | -1): void {
    this.#running += change;
    if (isNone(lane)) return;
    this.#laned += change;
    const count = this.#countOf(lane) + change;
    if (count === 0) this.#runningOf.delete(lane);
    else this.#runningOf.set(lane, count);
  }

  #start(key: string, entry: Entry): void {
    entry.running = true;
    entry.again = false;
    entry.ready = false;
    entry.due = Number.POSITIVE_INFINITY;
    const { lane } = entry;
    this.#count(lane, 1);
    const finish = (nextMs: number | undefined): void => {
      this.#count(lane, -1);
      this.#finish(key, entry, nextMs);
    };
    void this.#options.work(key).then(finish, () => finish(undefined));
  }

  #finish(key: string, entry: Entry, nextMs: number | undefined): void {
    entry.running = false;
    if (this.#running === 0) for (const wake of this.#waiters.splice(0)) wake();
    const known = this.#entries.get(key) === entry;
    if (known && entry.again) this.add(key);
    else if (known && nextMs !== undefined) this.add(key, nextMs);
    else if (known && entry.due === Number.POSITIVE_INFINITY) this.#entries.delete(key);
    this.#pump();
  }
}

function isNone(lane: string | undefined): lane is undefined | '' {
  return lane === undefined || lane === '';
}
