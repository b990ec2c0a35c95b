/**
 * Places for transfers that may run at the same time. Who waits is served in the order of arrival; each says itself how many there may be,
 * so that callers with different limits can share.
 */
export class Slots {
  #taken = 0;
  readonly #waiting: { readonly limit: number; readonly wake: () => void }[] = [];

  /** Takes a place, and answers with how to give it back. @throws the signal's reason; then nothing was taken. */
  async take(limit: number, signal: AbortSignal | undefined): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#waiting.length === 0 && this.#taken < limit) this.#taken += 1;
    else await this.#wait(limit, signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.#giveBack();
      isHeld = false;
    };
  }

  #wait(limit: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        this.#serve();
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const entry = { limit, wake };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(entry);
    });
  }

  #giveBack(): void {
    this.#taken -= 1;
    this.#serve();
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#taken < next.limit; ) {
      this.#taken += 1;
      this.#waiting.shift();
      next.wake();
      next = this.#waiting[0];
    }
  }
}
