import { maxQuotedCharacters, maxYamlAliases, maxYamlValues } from '../yaml-limits.ts';

/** Refuses a document at an offset. */
type Refuse = (offset: number, detail: string) => never;

/** Counts what a document makes while it is read: aliases of aliases multiply. */
export class ValueLimits {
  readonly #refuse: Refuse;
  #aliases = 0;
  #values = 0;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  /** One more value, written or copied. */
  value(offset: number): void {
    this.#values += 1;
    if (this.#values <= maxYamlValues) return;
    const detail = `expected at most ${maxYamlValues} values in a document, aliases included, got more`;
    this.#refuse(offset, detail);
  }

  alias(offset: number): void {
    this.#aliases += 1;
    if (this.#aliases <= maxYamlAliases) return;
    this.#refuse(offset, `expected at most ${maxYamlAliases} aliases in a document, got more`);
  }

  /** `characters`: in the places of quoted strings so far. */
  places(characters: number, offset: number): void {
    if (characters <= maxQuotedCharacters) return;
    const detail = `expected at most ${maxQuotedCharacters} characters in the places of quoted strings with "$", got more`;
    this.#refuse(offset, detail);
  }
}
