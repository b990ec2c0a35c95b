/** Waits for the promise or the abort, whichever is first; rejects with the signal's reason. */
async function orAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([waited, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Reads a source that may never answer: an abort ends the reading even while the source hangs. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = iterator.next();
      // After an abort nobody waits for it any more.
      next.catch(() => undefined);
      const { done, value } = await orAborted(next, signal);
      ended = done === true;
      if (ended) return;
      yield value;
    }
  } finally {
    if (!ended) iterator.return?.().catch(() => undefined);
  }
}
