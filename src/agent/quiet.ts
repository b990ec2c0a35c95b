/** Lets many things happen beside each other, and one thing alone; what comes while that waits or runs, comes after it. */
export class Quiet {
  #running = 0;
  #isWanted = false;
  readonly #waiting: (() => void)[] = [];

  /** Runs beside others. */
  async beside<T>(act: () => Promise<T>): Promise<T> {
    while (this.#isWanted) await this.#change();
    this.#running += 1;
    try {
      return await act();
    } finally {
      this.#running -= 1;
      this.#wake();
    }
  }

  /** Runs once everything that is under way has ended. */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    while (this.#isWanted) await this.#change();
    this.#isWanted = true;
    try {
      while (this.#running > 0) await this.#change();
      return await act();
    } finally {
      this.#isWanted = false;
      this.#wake();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
