import type { SeededRandom } from './random.ts';

export const faultKinds = ['cut', 'reset', 'stall', 'corrupt', 'duplicate', 'reorder'] as const;

export type FaultKind = (typeof faultKinds)[number];

/** What happens to one direction of one connection. */
export interface Fault {
  readonly kind: FaultKind;
  readonly direction: 'to-server' | 'to-client';
  /** Byte of that direction, from 0, at which it happens. */
  readonly at: number;
  /** Bytes that are doubled, or of each of the two parts that change places; for corruption, what the byte is changed by. */
  readonly extent: number;
}

/** Most faults come early, so that heads of requests and answers get their share. */
export function drawFault(random: SeededRandom, connection: number): Fault | undefined {
  const likelihood = connection < 8 ? 0.6 : 0.2;
  if (random.next() >= likelihood) return undefined;
  return {
    kind: random.pick(faultKinds),
    direction: random.pick(['to-server', 'to-client'] as const),
    at: random.below(2 ** (5 + random.below(13))),
    extent: 1 + random.below(255),
  };
}

export interface Passed {
  readonly chunks: readonly Uint8Array[];
  readonly end?: 'cut' | 'reset' | 'stall';
}

/** Lets the bytes of one direction pass, and does its fault when they get there. */
export class FaultyDirection {
  readonly #fault: Fault | undefined;
  #offset = 0;
  /** Bytes that wait for others to change places with. */
  #held: Uint8Array | undefined;
  #isDone = false;

  constructor(fault: Fault | undefined) {
    this.#fault = fault;
  }

  /** Whether the fault has happened. */
  get isDone(): boolean {
    return this.#isDone;
  }

  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  pass(chunk: Uint8Array): Passed {
    const fault = this.#fault;
    if (fault === undefined || this.#isDone) return { chunks: [chunk] };
    if (this.#held !== undefined) return this.#swap(Buffer.concat([this.#held, chunk]), fault, false);
    const start = fault.at - this.#offset;
    this.#offset += chunk.byteLength;
    if (start >= chunk.byteLength) return { chunks: [chunk] };
    return this.#strike(chunk.subarray(0, start), chunk.subarray(start), fault);
  }

  /** What was held when nothing more comes. */
  flush(): Passed {
    if (this.#held === undefined || this.#fault === undefined) return { chunks: [] };
    return this.#swap(this.#held, this.#fault, true);
  }

  #strike(before: Uint8Array, after: Uint8Array, fault: Fault): Passed {
    this.#isDone = fault.kind !== 'reorder';
    switch (fault.kind) {
      case 'reorder':
        return { chunks: [before, ...this.#swap(after, fault, false).chunks] };
      case 'cut':
      case 'reset':
      case 'stall':
        return { chunks: [before], end: fault.kind };
      case 'corrupt': {
        const changed = Buffer.from(after);
        changed[0] = (changed[0] ?? 0) ^ fault.extent;
        return { chunks: [before, changed] };
      }
      case 'duplicate':
        return { chunks: [before, after.subarray(0, fault.extent), after] };
    }
  }

  #swap(bytes: Uint8Array, { extent }: Fault, isLast: boolean): Passed {
    if (bytes.byteLength < 2 * extent && !isLast) {
      this.#held = bytes;
      return { chunks: [] };
    }
    this.#held = undefined;
    this.#isDone = true;
    const half = Math.min(extent, bytes.byteLength >> 1);
    return { chunks: [bytes.subarray(half, 2 * half), bytes.subarray(0, half), bytes.subarray(2 * half)] };
  }
}
