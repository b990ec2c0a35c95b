import type { Environment } from '@marcbachmann/cel-js';
import type { LookBudget } from './look-budget.ts';
import { compiledPattern } from './pattern.ts';

/** Take the place of the library's `matches`, which may take exponential time, and of `contains`, which takes the product of two lengths. */
export const standIns: Readonly<Record<string, string>> = {
  matches: 'matchesInLinearTime',
  contains: 'containsText',
};

/** Stands around each text that an expression compares or hands to a function, so that its length counts. */
export const countedText = 'countedText';

/** Stands around what an expression takes for a duration. */
export const durationText = 'durationText';

/** Of a search for one text in another, which makes the product of their lengths at worst: some of them take a nanosecond. */
const comparisonsPerLook = 4_096;

/** `106751d23h47m16.854775807s` is the longest that means something; reading one takes the cube of its length. */
const maxDurationLength = 32;
const durationStepsPerLook = 1_024;

/** The functions of an expression, and the budget that they spend from: evaluation is synchronous, so one has it at a time. */
export class ExpressionFunctions {
  #budget: LookBudget | undefined;

  /** What comes of an evaluation whose functions spend from this budget. */
  within<T>(budget: LookBudget, evaluate: () => T): T {
    this.#budget = budget;
    try {
      return evaluate();
    } finally {
      this.#budget = undefined;
    }
  }

  register(environment: Environment): Environment {
    return environment
      .registerFunction(`${countedText}(dyn): dyn`, (value: unknown) => {
        this.#budget?.spendOn(value);
        return value;
      })
      .registerFunction(`${durationText}(dyn): dyn`, (value: unknown) => this.#durationText(value))
      .registerFunction(`string.${standIns['matches']}(string): bool`, (text: string, pattern: string) =>
        this.#matches(text, pattern),
      )
      .registerFunction(`string.${standIns['contains']}(string): bool`, (text: string, part: string) => {
        this.#budget?.spend(Math.floor((text.length * part.length) / comparisonsPerLook));
        return text.includes(part);
      });
  }

  /** Linear in the text, and in the program that a pattern comes to: counted repetitions make a long one. */
  #matches(text: string, pattern: string): boolean {
    const compiled = compiledPattern(pattern);
    this.#budget?.spend(Math.floor((text.length * (compiled.programSize() + 512)) / 4_096));
    return compiled.test(text);
  }

  #durationText(value: unknown): unknown {
    if (typeof value !== 'string') return value;
    if (value.length > maxDurationLength) {
      throw new RangeError(
        `expected a duration of at most ${maxDurationLength} characters, got ${value.length}`,
      );
    }
    this.#budget?.spend(Math.floor(value.length ** 3 / durationStepsPerLook));
    return value;
  }
}
