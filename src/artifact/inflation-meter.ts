import { requireWithin, type UnpackLimits } from './limits.ts';

/** Counts bytes on both sides of a decompressor. What a header promises is never believed; only what came out counts. */
export class InflationMeter {
  readonly #limits: UnpackLimits;
  readonly #subject: string;
  #compressed = 0;
  #unpacked = 0;

  constructor(limits: UnpackLimits, subject: string) {
    this.#limits = limits;
    this.#subject = subject;
  }

  /** Bytes given to the decompressor. */
  get compressed(): number {
    return this.#compressed;
  }

  get unpacked(): number {
    return this.#unpacked;
  }

  took(bytes: number): void {
    this.#compressed += bytes;
  }

  /** @throws SealiftError ARCHIVE_LIMIT_EXCEEDED. */
  gave(bytes: number): void {
    this.#unpacked += bytes;
    requireWithin(this.#limits, 'totalBytes', this.#unpacked, this.#subject);
    if (this.#unpacked <= this.#limits.ratioFloorBytes) return;
    const ratio = Math.ceil(this.#unpacked / Math.max(1, this.#compressed));
    requireWithin(this.#limits, 'ratio', ratio, this.#subject);
  }
}
