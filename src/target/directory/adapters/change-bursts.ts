import type { FSWatcher } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One write is four events: what happens within this time, in milliseconds, is told together. */
const burstLength = 20;

/** More names than this in one burst are told as "anything may have changed"; bounds the memory of a storm. */
const maxNames = 1000;

/** The changes that a file system watcher sees, burst by burst. */
export class ChangeBursts {
  readonly #watcher: FSWatcher;
  readonly #signal: AbortSignal;
  readonly #stop = (): void => this.#woken.resolve();
  #names: Set<string> | undefined = new Set();
  #woken = Promise.withResolvers<void>();
  #failure: Error | undefined;

  constructor(watcher: FSWatcher, signal: AbortSignal) {
    this.#watcher = watcher;
    this.#signal = signal;
    signal.addEventListener('abort', this.#stop);
    watcher.on('change', (_event, name) => this.#add(name));
    watcher.on('error', (failure) => {
      this.#failure = failure;
      this.#woken.resolve();
    });
  }

  /** The names of the next burst, `undefined` for "any name". Rejects when the watcher failed or the signal aborted. */
  async next(): Promise<ReadonlySet<string> | undefined> {
    await this.#woken.promise;
    if (this.#failure !== undefined) throw this.#failure;
    await sleep(burstLength, undefined, { signal: this.#signal });
    const names = this.#names;
    this.#names = new Set();
    this.#woken = Promise.withResolvers<void>();
    return names;
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#stop);
    this.#watcher.close();
  }

  #add(name: string | Buffer | null): void {
    if (name === null || (this.#names?.size ?? 0) >= maxNames) this.#names = undefined;
    this.#names?.add(String(name));
    this.#woken.resolve();
  }
}
