/** Deliveries, by the keys of their work, that wait for what becomes of the objects of others. */
export class Waits {
  readonly #wake: (key: string) => void;
  /** An object of another delivery stood in the way; tried again when something was deleted or moved. */
  readonly #blocked = new Set<string>();
  /** Ids of objects that they could not make; tried again when something changes in the place of one. */
  readonly #lacking = new Map<string, ReadonlySet<string>>();
  /** Objects of theirs another one takes over, or may take over; looked at again when one has changed something, or works again. */
  readonly #handingOver = new Set<string>();
  /** How often these were woken. */
  #wakes = 0;
  /** They left the configuration and wait until their objects are gone; looked at again when one of these changes. */
  readonly #terminating = new Set<string>();

  /** `wake` asks for work, now. */
  constructor(wake: (key: string) => void) {
    this.#wake = wake;
  }

  /** To be given back at the end of the run that begins. */
  get wakes(): number {
    return this.#wakes;
  }

  block(key: string, isBlocked: boolean): void {
    if (isBlocked) this.#blocked.add(key);
    else this.#blocked.delete(key);
  }

  unblock(): void {
    for (const key of this.#blocked) this.#wake(key);
    this.#blocked.clear();
  }

  lack(key: string, ids: ReadonlySet<string> = new Set()): void {
    if (ids.size > 0) this.#lacking.set(key, ids);
    else this.#lacking.delete(key);
  }

  lacks(key: string, id: string): boolean {
    return this.#lacking.get(key)?.has(id) === true;
  }

  /** How a run ended that began at `wakes`: a wake that fell into it is made up for. */
  handOver(
    key: string,
    { isHandingOver, wakes }: { readonly isHandingOver: boolean; readonly wakes: number },
  ): void {
    if (!isHandingOver) this.#handingOver.delete(key);
    else if (this.#wakes === wakes) this.#handingOver.add(key);
    else this.#wake(key);
  }

  /** Others may go on with handing over. */
  wakeHandovers(by: string): void {
    this.#wakes += 1;
    for (const key of this.#handingOver) {
      if (key === by) continue;
      this.#handingOver.delete(key);
      this.#wake(key);
    }
  }

  terminate(key: string, isTerminating: boolean): void {
    if (isTerminating) this.#terminating.add(key);
    else this.#terminating.delete(key);
  }

  wakeTerminating(): void {
    for (const key of this.#terminating) this.#wake(key);
  }
}
