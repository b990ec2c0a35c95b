import { withSignal } from '../../core/index.ts';

/** Reads a source that may never answer: an abort ends the reading even while the source hangs. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = iterator.next();
      const { done, value } = await withSignal(next, signal);
      ended = done === true;
      if (ended) return;
      yield value;
    }
  } finally {
    if (!ended) iterator.return?.().catch(() => undefined);
  }
}
