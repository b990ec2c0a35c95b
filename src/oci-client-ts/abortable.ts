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
  // A source that never began has nothing that it could end, not even the file it was made of.
  let next = iterator.next();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
  });
  aborted.catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  let ended = false;
  try {
    for (;;) {
      const step = await Promise.race([aborted, next]);
      ended = step.done === true;
      if (step.done) return;
      yield step.value;
      next = iterator.next();
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!ended) stop(source, iterator);
  }
}

/** Lets go of content nobody will read to its end, so that what is behind it (a socket, a file) is closed. Does not wait for it. */
export function releaseSource(source: AsyncIterable<Uint8Array> | Uint8Array): void {
  if (source instanceof Uint8Array) return;
  try {
    stop(source, source[Symbol.asyncIterator]());
  } catch {
    // A web stream gives no second iterator while it is read: its reader ends it.
  }
}

/** A stream is destroyed: its iterator closes nothing before it has given a first chunk, nor while it waits for the next. */
function stop<T>(source: AsyncIterable<T>, iterator: AsyncIterator<T>): void {
  if ('destroy' in source && typeof source.destroy === 'function') source.destroy();
  Promise.resolve(iterator.return?.()).catch(() => {});
}
