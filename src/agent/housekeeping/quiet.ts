/** Lets many things happen beside each other, and now and then one thing alone; what comes while that runs, comes after it. */
export class Quiet {
  #running = 0;
  #alone: Promise<void> | undefined;

  /** Runs beside others. */
  async beside<T>(act: () => Promise<T>): Promise<T> {
    while (this.#alone !== undefined) await this.#alone;
    this.#running += 1;
    try {
      return await act();
    } finally {
      this.#running -= 1;
    }
  }

  /** Runs at once where nothing is under way; gives `undefined` where something is, which may take long and holds nobody else back. */
  alone<T>(act: () => Promise<T>): Promise<T> | undefined {
    if (this.#running > 0 || this.#alone !== undefined) return undefined;
    const acting = act();
    const ended = (): void => {
      this.#alone = undefined;
    };
    this.#alone = acting.then(ended, ended);
    return acting;
  }
}
