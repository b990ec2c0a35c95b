import { Stopped } from './failure.ts';

/** Aborts on SIGINT and SIGTERM; a second one ends the process by the system's default. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new Stopped(`stopped by ${name} before it was done`)));
  return stop.signal;
}
