import { asSealiftError, type Clock, type ObjectRef, SealiftError, type Target } from '../../core/index.ts';

/** Whoever wants to know what changes at targets, and that one cannot be watched. */
export interface WatchListener {
  /** As `Target.watch` tells it, with the key of the target. */
  changed(key: string, ref: ObjectRef | undefined): void;
  /** A watch broke; says in how many milliseconds to begin it again. */
  broken(key: string, error: SealiftError): number;
}

/** Watches a target until the signal aborts; a watch that breaks is begun again. */
export async function watchTarget(
  { key, target }: { readonly key: string; readonly target: Target },
  listener: WatchListener,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const broken = await target
      .watch((ref) => listener.changed(key, ref), signal)
      .then(
        () => new SealiftError('TARGET_FAILED', target.description, 'its watch ended'),
        (thrown) => asSealiftError(thrown, target.description, 'TARGET_FAILED'),
      );
    if (signal.aborted) return;
    await clock.sleep(listener.broken(key, broken), signal).catch(() => undefined);
  }
}
