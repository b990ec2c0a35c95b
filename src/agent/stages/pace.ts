import { type Clock, SealiftError } from '../../core/index.ts';

/** Milliseconds over which the pace of a transfer is looked at: a link that is gone for a while has that long to come back. */
export const paceWindowMs: number = 5 * 60_000;

/** Bytes that a transfer has to bring in each of them: 220 bytes a second, what the thinnest satellite link in use carries. */
export const minPaceBytes: number = 64 * 1024;

/** Milliseconds after which a transfer gives its place away, at whatever pace: what came is kept, and the next poll goes on behind it. */
export const maxTransferMs: number = 24 * 60 * 60_000;

interface Paced {
  readonly clock: Clock;
  /** What the error names when a transfer is too slow. */
  readonly subject: string;
}

/** Told how many bytes of its content a transfer has brought so far; less than before when it began again. */
type Progress = (bytes: number) => void;

/**
 * Runs a transfer that ends, by abort, when it trickles: a registry must not hold a place for ever with a byte now and then.
 * @throws SealiftError REGISTRY_TIMEOUT then.
 */
export async function withPace<T>(
  { clock, subject }: Paced,
  outer: AbortSignal,
  transfer: (signal: AbortSignal, progress: Progress) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  const meter = new PaceMeter();
  const watch = async (): Promise<void> => {
    for (let elapsed = 0; elapsed < maxTransferMs; elapsed += paceWindowMs) {
      await clock.sleep(paceWindowMs, done.signal);
      const bytes = meter.take();
      if (bytes >= minPaceBytes) continue;
      throw new SealiftError(
        'REGISTRY_TIMEOUT',
        subject,
        `expected at least ${minPaceBytes} bytes in ${paceWindowMs / 1000} s, got ${bytes}`,
      );
    }
    throw new SealiftError('REGISTRY_TIMEOUT', subject, `expected an end within ${maxTransferMs / 1000} s`);
  };
  watch().catch((tooSlow) => late.abort(tooSlow));
  try {
    return await transfer(AbortSignal.any([outer, late.signal]), (bytes) => meter.reach(bytes));
  } catch (thrown) {
    throw late.signal.aborted ? late.signal.reason : thrown;
  } finally {
    done.abort();
  }
}

/** Counts what is new: bytes that come again after a restart are none. */
class PaceMeter {
  #most = 0;
  #taken = 0;

  reach(bytes: number): void {
    this.#most = Math.max(this.#most, bytes);
  }

  /** Bytes since the last call. */
  take(): number {
    const gained = this.#most - this.#taken;
    this.#taken = this.#most;
    return gained;
  }
}
