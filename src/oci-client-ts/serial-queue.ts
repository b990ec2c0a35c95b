type Act<T> = () => Promise<T>;

/**
 * Runs what it is given one after the other, in order; a failure stops nobody behind it. Who waits for a turn stops waiting when the signal
 * fires, and never gets it; what has begun is waited for.
 */
export function serialQueue(): <T>(act: Act<T>, signal?: AbortSignal) => Promise<T> {
  let last: Promise<void> = Promise.resolve();
  return (act, signal) => {
    const before = last;
    const turn = (signal === undefined ? before : unlessAborted(before, signal)).then(act);
    const ended = turn.then(
      () => {},
      () => {},
    );
    last = before.then(() => ended);
    return turn;
  };
}

function unlessAborted(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    void waiting.then(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
  });
}
