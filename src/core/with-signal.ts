/** Waits for what others wait for too: an abort ends this wait alone. */
export async function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Whoever waits hears of its failure; nobody may be left.
  work.catch(() => undefined);
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
