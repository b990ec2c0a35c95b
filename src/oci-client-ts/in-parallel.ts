/**
 * Acts on every item, at most `limit` at a time. The first failure stops the rest through the signal they got, and is thrown once all
 * of them have ended.
 */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  act: (item: T, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const queue = items.values();
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (const item of queue) {
      if (both.aborted) return;
      try {
        await act(item, both);
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  if (failures.length > 0) throw failures[0];
  signal?.throwIfAborted();
}
