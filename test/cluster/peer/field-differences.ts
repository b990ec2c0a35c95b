import type { Difference } from '../golden/differences.ts';
import { isListedBy, type ListedDifference, listedDifferences } from '../golden/listed-differences.ts';

/** The page of what differs, held against what does. */
export class FieldDifferences {
  readonly #lines: readonly ListedDifference[] = listedDifferences('field-differences.md');
  readonly #found = new Map<string, readonly Difference[]>();

  /** Differences of a state that are in no line of the page. */
  unlisted(state: string, found: readonly Difference[]): readonly Difference[] {
    this.#found.set(state, found);
    const lines = this.#lines.filter(({ where }) => where.includes(state) || where.includes('*'));
    return found.filter((difference) => !lines.some((line) => isListedBy(difference, line)));
  }

  /** Lines of the page that tell of a difference which is not there, in any state that they name. */
  gone(): readonly string[] {
    return this.#lines.flatMap((one) => {
      const states = one.where.includes('*') ? [[...this.#found.keys()]] : one.where.map((state) => [state]);
      const missing = states.filter((some) => !this.#differ(some, one));
      return missing.map((some) => `${some.length === 1 ? some : '*'}: ${one.line}`);
    });
  }

  #differ(states: readonly string[], line: ListedDifference): boolean {
    return states.some((state) => this.#found.get(state)?.some((difference) => isListedBy(difference, line)));
  }
}
