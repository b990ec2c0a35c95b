import type { Clock } from '../../src/core/index.ts';

/** A clock that somebody sets, on a machine that counts on; nothing that sleeps on it ever wakes. */
export class SettableClock implements Clock {
  wall: number;
  machine = 60_000;

  constructor(wall: number) {
    this.wall = wall;
  }

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.machine;
  }

  sleep(_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  /** Lets time pass for both. */
  pass(ms: number): void {
    this.wall += ms;
    this.machine += ms;
  }
}
