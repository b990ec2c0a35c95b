import { SealiftError } from '../../../../core/index.ts';

/**
 * Longest line of a watch. An object has 1.5 MiB at most where etcd stands behind the API
 * (https://kubernetes.io/docs/concepts/configuration/configmap/, --max-request-bytes); escapes may make a text six times as long.
 */
const maxLineBytes = 16 * 1024 * 1024;

const newline = 0x0a;

/** Cuts the bytes of a watch into lines, wherever they are split. */
export class WatchLines {
  readonly #subject: string;
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(subject: string, limit: number = maxLineBytes) {
    this.#subject = subject;
    this.#limit = limit;
  }

  /** The lines that this chunk completes, without empty ones. The chunk may be kept. @throws SealiftError TARGET_FAILED for a line that is too long. */
  add(chunk: Uint8Array): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk.subarray(start, end));
      const line = Buffer.concat(this.#parts).toString('utf8');
      if (line.trim() !== '') lines.push(line);
      this.#parts = [];
      this.#length = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Uint8Array): void {
    if (part.byteLength === 0) return;
    this.#length += part.byteLength;
    if (this.#length > this.#limit) {
      const detail = `expected lines of at most ${this.#limit} bytes, got a longer one`;
      throw new SealiftError('TARGET_FAILED', this.#subject, detail);
    }
    this.#parts.push(part);
  }
}
