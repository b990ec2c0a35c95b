/**
 * Passes a source on until the signal fires, and then rejects at once with its reason, even while the source is stuck in the middle of a
 * chunk. The source is told to stop, but not waited for: a stuck one would never answer.
 */
export async function* abortable<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
  });
  aborted.catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  let ended = false;
  try {
    signal.throwIfAborted();
    for (;;) {
      const step = await Promise.race([iterator.next(), aborted]);
      ended = step.done === true;
      if (step.done) return;
      yield step.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/** Lets go of content nobody will read, so that what is behind it (a socket, a file) is closed. Does not wait for it. */
export function releaseSource(source: AsyncIterable<Uint8Array> | Uint8Array): void {
  if (source instanceof Uint8Array) return;
  Promise.resolve(source[Symbol.asyncIterator]().return?.()).catch(() => {});
}
