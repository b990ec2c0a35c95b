import type { BuildOutput } from '../../api/index.ts';
import { formatJson } from '../../core/index.ts';

/** `undefined` where a whole number beyond 2^53 would come back as another one. */
function textOf(output: BuildOutput): string | undefined {
  try {
    // Without a function of ours for each value, which takes several times as long.
    return JSON.stringify(output);
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

/**
 * A result as it is kept: one text takes half as much memory as its objects, or less where these hold on to the file that they were read from.
 * The objects, which take milliseconds to make again where there are thousands of fields, are given as long as they are still there.
 */
export class KeptOutput {
  /** In memory, about: two for each character, which is what the longest take. */
  readonly bytes: number;
  readonly #text: string | undefined;
  /** Where there is no text. */
  readonly #held: BuildOutput | undefined;
  #latest: WeakRef<BuildOutput>;

  constructor(output: BuildOutput) {
    this.#text = textOf(output);
    this.#held = this.#text === undefined ? output : undefined;
    this.#latest = new WeakRef(output);
    this.bytes = 2 * (this.#text ?? formatJson(output)).length;
  }

  take(): BuildOutput {
    const known = this.#held ?? this.#latest.deref();
    if (known !== undefined) return known;
    const output: BuildOutput = JSON.parse(this.#text ?? '');
    this.#latest = new WeakRef(output);
    return output;
  }
}
