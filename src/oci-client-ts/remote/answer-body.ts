import { setImmediate } from 'node:timers';

/** What carries the body. */
export interface BodyFlow {
  pause(): void;
  resume(): void;
  /** Ends the connection, or the stream of it. */
  abort(reason: Error): void;
}

/** Memory into which a body is gathered: `filled` bytes came, of which the reader has had `taken`. */
interface Piece {
  readonly memory: Uint8Array;
  taken: number;
  filled: number;
}

/** Small answers are the most; each further piece is four times as large as the one before. */
const minPieceBytes = 4 * 1024;
/** What a reader gets at once: writing it takes so long that reading and hashing go on meanwhile, and the hand-over does not count. */
const maxPieceBytes = 512 * 1024;
/** What may wait for a reader; the rest waits in the socket. */
const maxWaitingBytes = 4 * maxPieceBytes;

/**
 * The body of an answer on its way to one reader. What comes is copied out of the memory of the socket, and gathered for as long as the event
 * loop has more of it at hand; a slow link is not waited for.
 */
export class AnswerBody implements AsyncIterable<Uint8Array> {
  readonly #flow: BodyFlow;
  /** The reader is at the first, the connection at the last. */
  #pieces: Piece[] = [];
  readonly #spare: Uint8Array[] = [];
  #waitingBytes = 0;
  #nextBytes = minPieceBytes;
  #isPaused = false;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #isWaking = false;

  constructor(flow: BodyFlow) {
    this.#flow = flow;
  }

  /** Takes bytes from the connection, to which their memory belongs. */
  add(chunk: Uint8Array): void {
    if (this.#isEnded) return;
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = this.#open();
      const part = chunk.subarray(at, at + piece.memory.byteLength - piece.filled);
      piece.memory.set(part, piece.filled);
      piece.filled += part.byteLength;
      at += part.byteLength;
    }
    this.#waitingBytes += chunk.byteLength;
    if (this.#waitingBytes >= maxWaitingBytes && !this.#isPaused) {
      this.#isPaused = true;
      this.#flow.pause();
    }
    this.#wakeSoon();
  }

  /** The body is complete. */
  end(): void {
    this.#isEnded = true;
    this.#wakeNow();
  }

  /** The body breaks off; what came before is read first. */
  fail(error: unknown): void {
    if (this.#isEnded) return;
    this.#failure = { error };
    this.end();
  }

  /** Drops what was not read, and the connection with it unless all of the body has come. */
  destroy(reason: unknown = new Error('the body is not wanted')): void {
    this.#pieces = [];
    if (this.#isEnded) return;
    this.fail(reason);
    this.#flow.abort(reason instanceof Error ? reason : new Error(String(reason)));
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return this.chunks(false);
  }

  /** @param lend True: each chunk is the reader's until it asks for the next; then its memory is used again. */
  async *chunks(lend: boolean): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
        yield this.#take(piece);
        if (lend && piece.taken === maxPieceBytes) this.#spare.push(piece.memory);
      }
    } finally {
      this.destroy();
    }
  }

  /** The piece that has something for the reader; nothing at the end. */
  async #next(): Promise<Piece | undefined> {
    for (;;) {
      const [piece] = this.#pieces;
      if (piece !== undefined && piece.taken < piece.filled) return piece;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isEnded) return undefined;
      await this.#more();
    }
  }

  /** The piece that has room; the reader's part of it is left alone. */
  #open(): Piece {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.filled < last.memory.byteLength) return last;
    const memory = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#nextBytes);
    this.#nextBytes = Math.min(maxPieceBytes, 4 * this.#nextBytes);
    const piece = { memory, taken: 0, filled: 0 };
    this.#pieces.push(piece);
    return piece;
  }

  #take(piece: Piece): Uint8Array {
    const chunk = piece.memory.subarray(piece.taken, piece.filled);
    piece.taken = piece.filled;
    if (piece.taken === piece.memory.byteLength) this.#pieces.shift();
    this.#waitingBytes -= chunk.byteLength;
    if (this.#isPaused && this.#waitingBytes <= maxWaitingBytes / 2) {
      this.#isPaused = false;
      this.#flow.resume();
    }
    return chunk;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #wakeSoon(): void {
    if (this.#wake === undefined || this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(() => {
      this.#isWaking = false;
      this.#wakeNow();
    });
  }

  #wakeNow(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
