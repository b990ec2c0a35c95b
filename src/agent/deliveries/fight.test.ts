import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterRepair, type FightState, isFight, isOver, isResting, nextMoment } from './fight.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The state after repairs of these differences at these moments. */
function stateAfter(
  ...repairs: readonly (readonly [difference: string, at: number, place?: string])[]
): FightState | undefined {
  let state: FightState | undefined;
  for (const [difference, at, place = difference] of repairs)
    state = afterRepair(state, { difference, place, at });
  return state;
}

const five = [0, 1, 2, 3, 4].map((at) => ['x', at * second] as const);
const begun = stateAfter(...five) as FightState;
/** Another value in the same field each time, as a clock or a counter writes it. */
const ticks = (count: number, pause: number) =>
  Array.from({ length: count }, (_, at) => [`tick ${at}`, at * pause, 'x'] as const);

describe('a fight', () => {
  it.each<[string, FightState | undefined, boolean]>([
    ['is four repairs of one difference no', stateAfter(...five.slice(0, 4)), false],
    ['is five repairs of one difference', begun, true],
    ['is nineteen other values in one field no', stateAfter(...ticks(19, 100)), false],
    ['is twenty other values in one field', stateAfter(...ticks(20, 100)), true],
    ['is not twenty other values over a long time', stateAfter(...ticks(20, 7 * second)), false],
    [
      'is not five repairs of different differences',
      stateAfter(...five.slice(0, 4), ['y', 4 * second]),
      false,
    ],
    [
      'is not five repairs over a long time',
      stateAfter(...five.map(([, at]) => ['x', at * 40] as const)),
      false,
    ],
    [
      'is not what begins anew with another difference',
      stateAfter(
        ...five.slice(0, 3),
        ['y', 3 * second],
        ...five.slice(0, 4).map(([, at]) => ['x', 4 * second + at] as const),
      ),
      false,
    ],
  ])('%s', (_behaviour, state, expected) => {
    expect(state !== undefined && isFight(state, 5 * second)).toBe(expected);
  });

  it('leaves the object alone for a minute, and for twice as long each time that it goes on', () => {
    let state = begun;
    const rests: number[] = [];
    let now = 4 * second;
    for (let level = 0; level < 9; level += 1) {
      rests.push((state.restUntil - now) / minute);
      now = state.restUntil;
      expect([isResting(state, now - 1), isResting(state, now)]).toEqual([true, false]);
      state = afterRepair(state, { difference: 'whatever', place: 'anywhere', at: now });
    }
    expect(rests).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('is over when no repair was needed for as long again', () => {
    const end = begun.restUntil + minute;
    expect([isFight(begun, end - 1), isFight(begun, end)]).toEqual([true, false]);
    expect(isOver(begun, end)).toBe(true);
    expect([
      nextMoment(begun, 5 * second),
      nextMoment(begun, begun.restUntil),
      nextMoment(begun, end),
    ]).toEqual([begun.restUntil, end, undefined]);
    expect(afterRepair(begun, { difference: 'x', place: 'x', at: end }).level).toBe(0);
  });
});

describe('whatever another hand does', { timeout: 300_000 }, () => {
  const pauses = fc.array(fc.integer({ min: 1, max: 20 * second }), { minLength: 50, maxLength: 200 });

  it('that changes the same thing at once each time is answered five times, and then ever more rarely', () => {
    fc.assert(
      fc.property(pauses, (delays) => {
        let state: FightState | undefined;
        let now = 0;
        const writes: number[] = [];
        for (const delay of delays) {
          if (state !== undefined && isResting(state, now)) now = state.restUntil;
          state = afterRepair(state, { difference: 'x', place: 'x', at: now });
          writes.push(now);
          now += delay;
        }
        // The fifth write comes within 80 seconds here; from then on each rest is at least a minute.
        const [fifth = 0] = writes.slice(4);
        const within = (ms: number): number => writes.filter((at) => at > fifth && at <= fifth + ms).length;
        expect(within(hour)).toBeLessThanOrEqual(6);
        expect(within(24 * hour)).toBeLessThanOrEqual(6 + 24);
      }),
    );
  });

  it('that never changes the same thing twice is always answered', () => {
    fc.assert(
      fc.property(pauses, (delays) => {
        let state: FightState | undefined;
        let now = 0;
        for (const [at, delay] of delays.entries()) {
          state = afterRepair(state, { difference: `${at}`, place: `${at}`, at: now });
          expect(isResting(state, now)).toBe(false);
          now += delay;
        }
      }),
    );
  });

  it('is forgotten once it is over, and an object never rests for more than an hour', () => {
    const repairs = fc.array(fc.tuple(fc.constantFrom('x', 'y'), fc.nat({ max: 2 * hour })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(repairs, (list) => {
        let state: FightState | undefined;
        let now = 0;
        for (const [difference, delay] of list) {
          now += delay;
          if (state !== undefined && isResting(state, now)) continue;
          state = afterRepair(state, { difference, place: difference, at: now });
          expect(state.restUntil - now).toBeLessThanOrEqual(hour);
        }
        if (state !== undefined) expect(isOver(state, now + 2 * hour + 2 * minute)).toBe(true);
      }),
    );
  });
});
