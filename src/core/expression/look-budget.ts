/** Thrown to end an evaluation that looks at too much. */
class LookedAtTooMuch extends Error {
  override readonly name = 'LookedAtTooMuch';
}

/** Characters that count as one look: comparing and copying text takes time by its length. */
const charactersPerLook = 256;

/** What an evaluation may still look at. One look takes a third of a microsecond. */
export class LookBudget {
  readonly #max: number;
  #looks = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** True once more was looked at than allowed; whatever came of it is worth nothing. */
  get isOver(): boolean {
    return this.#looks > this.#max;
  }

  /** Throws beyond the budget. */
  spend(looks: number): void {
    this.#looks += looks;
    if (this.isOver) throw new LookedAtTooMuch(`expected at most ${this.#max} looks`);
  }

  /** What it takes to read a text from one end to the other; nothing for short ones, and for other values. */
  spendOn(value: unknown): void {
    if (typeof value === 'string') this.spend(Math.floor(value.length / charactersPerLook));
  }
}
