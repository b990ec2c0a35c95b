import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterProof,
  afterReading,
  firstTimeBound,
  isClockBehind,
  type TimeBound,
  trustedNow,
} from './index.ts';

const hour = 60 * 60_000;
const day = 24 * hour;
const years = 365 * day;
const start = Date.parse('2026-06-01T00:00:00Z');

/** A machine whose clock may be set. */
class Machine {
  wall = start;
  machine = 1000;
  bound: TimeBound = firstTimeBound(this);

  /** Lets time pass, read every hour. */
  run(ms: number): void {
    for (let left = ms; left > 0; left -= hour) {
      const step = Math.min(left, hour);
      this.wall += step;
      this.machine += step;
      this.read();
    }
  }

  set(wall: number): void {
    this.wall = wall;
    this.read();
  }

  restart(offMs: number): void {
    this.wall += offMs;
    this.machine = 5000;
    this.read();
  }

  read(): void {
    this.bound = afterReading(this.bound, this);
  }

  get now(): number {
    return trustedNow(this.bound, this.wall);
  }
}

describe('attack 34: the lower bound of time', () => {
  it('a clock set back two years does not make it earlier than what was proven', () => {
    const site = new Machine();
    site.bound = afterProof(site.bound, [start - hour], site.wall);
    site.set(start - 2 * years);
    expect(site.now).toBe(start - hour);
    expect(isClockBehind(site.bound, site.wall)).toBe(true);
  });

  it('a clock set back two years does not make it earlier than a steady clock has said', () => {
    const site = new Machine();
    site.run(2 * day);
    site.set(start - 2 * years);
    expect(site.now).toBe(start + 2 * day);
  });

  it('a clock that begins at 1970 is behind what was proven', () => {
    const site = new Machine();
    site.bound = afterProof(site.bound, [start], site.wall);
    site.set(0);
    expect(site.now).toBe(start);
    expect(isClockBehind(site.bound, site.wall)).toBe(true);
  });

  it('a clock that is behind by less than clocks differ is none that is wrong', () => {
    const bound = afterProof(firstTimeBound({ wall: start, machine: 0 }), [start], start);
    expect(isClockBehind(bound, start - 4 * 60_000)).toBe(false);
    expect(isClockBehind(bound, start - 6 * 60_000)).toBe(true);
  });

  it('time goes on from the bound while the clock is wrong, for the machine counts', () => {
    const site = new Machine();
    site.run(2 * day);
    site.set(start + 2 * years);
    site.run(3 * hour);
    expect(site.bound.bound).toBe(start + 2 * day + 3 * hour);
  });

  it('a clock set forward two years and back within a day leaves nothing behind', () => {
    const site = new Machine();
    site.run(2 * day);
    site.set(start + 2 * years);
    expect(site.now).toBe(start + 2 * years);
    site.run(12 * hour);
    site.set(start + 2.5 * day);
    expect(site.now).toBe(start + 2.5 * day);
    expect(isClockBehind(site.bound, site.wall)).toBe(false);
  });

  it('a clock that stays two years ahead is believed after a day', () => {
    const site = new Machine();
    site.run(2 * day);
    site.set(start + 2 * years);
    site.run(day + hour);
    expect(site.bound.bound).toBe(site.wall);
  });

  it('the first clock is not believed before it has been steady for a day', () => {
    const site = new Machine();
    site.run(day - hour);
    expect(site.bound.bound).toBe(0);
    site.run(hour);
    expect(site.bound.bound).toBe(start + day);
  });

  it('a restart counts the time since the machine began, and asks for a steady day again', () => {
    const site = new Machine();
    site.run(2 * day);
    site.restart(30 * day);
    expect(site.bound.bound).toBe(start + 2 * day + 5000);
    site.run(day);
    expect(site.bound.bound).toBe(site.wall);
  });

  it('a small correction is no jump', () => {
    const site = new Machine();
    site.run(12 * hour);
    site.set(site.wall + 60_000);
    site.run(12 * hour);
    expect(site.bound.bound).toBe(site.wall);
  });

  it('a proven time of the future moves the bound five minutes past the clock and no further', () => {
    const { bound } = afterProof(firstTimeBound({ wall: start, machine: 0 }), [start + 2 * years], start);
    expect(bound).toBe(start + 5 * 60_000);
  });

  it('nothing lowers it, and without a steady day nothing but proof and passing time raises it', () => {
    const steps = fc.array(
      fc.record({
        passed: fc.nat(day / 3),
        jump: fc.oneof(fc.constant(0), fc.integer({ min: -3 * years, max: 3 * years })),
        proof: fc.option(fc.integer({ min: 0, max: start + 9 * years }), { nil: undefined }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const site = new Machine();
        for (const { passed, jump, proof } of all) {
          const { bound } = site.bound;
          site.wall += passed + jump;
          site.machine += passed;
          site.read();
          const aged = site.bound.bound;
          expect(aged).toBeGreaterThanOrEqual(bound);
          if (site.bound.steadyMs < day) expect(aged).toBeLessThanOrEqual(bound + passed);
          if (proof !== undefined) site.bound = afterProof(site.bound, [proof], site.wall);
          expect(site.bound.bound).toBeGreaterThanOrEqual(aged);
          expect(site.bound.bound).toBeLessThanOrEqual(Math.max(aged, site.wall + 5 * 60_000));
        }
      }),
    );
  });
});
