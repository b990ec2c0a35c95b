/**
 * Bytes of evidence that are read for one judgement. Every honest signature and a dozen bills of materials fit; without it, whoever may push
 * could have every site read a gigabyte at each poll.
 */
const maxEvidenceBytes = 64 * 1024 * 1024;

/** Counts down what is read, so that many small pieces have a limit together. */
export class ByteBudget {
  #left = maxEvidenceBytes;

  /** The limit for content that says to have this size; when it keeps to it, its bytes are taken. */
  grant(size: number, limit: number): number {
    const granted = Math.min(limit, this.#left);
    if (size <= granted) this.#left -= size;
    return granted;
  }
}
