/**
 * Runs `act` for every item, at most `width` at once. The first failure stops the rest; the promise settles only when
 * nothing runs any longer.
 */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  act: (item: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) {
      either.throwIfAborted();
      await act(item, either);
    }
  };
  const workers = Array.from({ length: Math.min(width, items.length) }, async () => {
    try {
      await work();
    } catch (failure) {
      stop.abort(failure);
    }
  });
  await Promise.all(workers);
  either.throwIfAborted();
}
