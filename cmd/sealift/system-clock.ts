import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Random } from '../../src/core/index.ts';

/** Longest delay a Node timer takes; longer ones are slept in pieces. */
const maxTimerMs = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Of the machine, not of the process: what an agent that is started every hour sees pass is counted.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  async sleep(ms, signal) {
    for (let left = ms; left > 0 || left === ms; left -= maxTimerMs) {
      await sleep(Math.min(left, maxTimerMs), undefined, { signal });
    }
  },
};

export const systemRandom: Random = { next: () => Math.random() };
