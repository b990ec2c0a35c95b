import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedPause, firstPollDelay, nextRunDelay, pauseDelay, retryDelay } from './schedule.ts';

const uniform = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const interval = fc.integer({ min: 1_000, max: 24 * 3_600_000 });

describe('nextRunDelay', () => {
  it('stays within five percent of the interval', () => {
    fc.assert(
      fc.property(interval, uniform, (ms, random) => {
        expect(Math.abs(nextRunDelay(ms, random) - ms)).toBeLessThanOrEqual(ms * 0.05 + 1);
      }),
    );
  });
});

describe('firstPollDelay', () => {
  it('polls at once where nothing is in force yet', () => {
    expect(firstPollDelay(600_000, false, 0.9)).toBe(0);
  });

  it('spreads the first poll of a site that has its artifact, over a minute at most', () => {
    expect(firstPollDelay(600_000, true, 0.5)).toBe(30_000);
    expect(firstPollDelay(10_000, true, 0.5)).toBe(5_000);
  });
});

describe('retryDelay', () => {
  it('doubles up to fifteen minutes', () => {
    const delays = [1, 2, 3, 10, 11, 12, 100].map((failures) => retryDelay(failures, 3_600_000, 0.999_999));
    expect(delays).toEqual([750, 1500, 3000, 384_000, 768_000, 900_000, 900_000]);
  });

  it('is never longer than the interval and never less than half its ceiling', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), interval, uniform, (failures, ms, random) => {
        const delay = retryDelay(failures, ms, random);
        expect(delay).toBeLessThanOrEqual(Math.max(ms, 750));
        expect(delay).toBeGreaterThanOrEqual(375);
      }),
    );
  });
});

describe('pauseDelay', () => {
  it('is never shorter than the pause that was asked for, and longer by five percent at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_600_000 }), uniform, (asked, random) => {
        const delay = pauseDelay(asked, random);
        expect(delay).toBeGreaterThanOrEqual(asked);
        expect(delay).toBeLessThanOrEqual(asked * 1.05 + 1);
      }),
    );
  });

  it('takes an hour for the longest pause that may be asked for', () => {
    expect(boundedPause(365 * 24 * 3_600_000)).toBe(3_600_000);
    expect(pauseDelay(365 * 24 * 3_600_000, 0)).toBe(3_600_000);
  });
});
