import { SealiftError } from '../../core/index.ts';

export interface IdleWatch {
  /** Aborts with a DISK_FAILED error once no byte came for the time. */
  readonly signal: AbortSignal;
  /** A byte came. */
  touch(): void;
  stop(): void;
}

export function watchIdle(idleMs: number, subject: string): IdleWatch {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new SealiftError(
        'DISK_FAILED',
        subject,
        `expected a byte within ${idleMs} ms (limit idleMs), got none`,
      ),
    );
  }, idleMs);
  return {
    signal: controller.signal,
    touch: () => {
      timer.refresh();
    },
    stop: () => {
      clearTimeout(timer);
    },
  };
}
