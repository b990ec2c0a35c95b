import { describe, expect, it } from 'vitest';
import type { Floor, FloorOrder } from '../../api/index.ts';
import { movedFloor } from './moved-floor.ts';

const floor = (order: FloorOrder, value: number | string, change: Partial<Floor> = {}): Floor => ({
  repository: 'registry.test/app',
  stream: '',
  order,
  value,
  digest: 'sha256:floor',
  epoch: 2,
  sources: ['edge/app'],
  superseded: [],
  withdrawn: [],
  at: 1,
  ...change,
});

const history = [
  { value: 6, digest: 'sha256:six' },
  { value: 5, digest: 'sha256:five' },
];

describe('movedFloor', () => {
  it('lowers to a place, counts the step, and lets what is above come again', () => {
    const lowered = movedFloor(floor('sequence', 7, { superseded: history }), {
      direction: 'lower',
      to: '6',
      at: 9,
    });
    expect(lowered).toEqual(
      floor('sequence', 6, {
        digest: 'sha256:six',
        epoch: 3,
        superseded: [{ value: 5, digest: 'sha256:five' }],
        at: 9,
      }),
    );
  });

  it('lowers to a digest that was the floor before', () => {
    const lowered = movedFloor(floor('sequence', 7, { superseded: history }), {
      direction: 'lower',
      to: 'sha256:five',
      at: 9,
    });
    expect(lowered).toMatchObject({ value: 5, digest: 'sha256:five', superseded: [] });
  });

  it('lowers to a place that nobody has seen: whichever artifact comes first is the one', () => {
    const lowered = movedFloor(floor('sequence', 7), { direction: 'lower', to: '3', at: 9 });
    expect(lowered.value).toBe(3);
    expect(lowered).not.toHaveProperty('digest');
  });

  it('at its own place another artifact may come', () => {
    expect(movedFloor(floor('sequence', 7), { direction: 'lower', to: '7', at: 9 })).not.toHaveProperty(
      'digest',
    );
  });

  it('raises, and remembers what was the floor', () => {
    expect(movedFloor(floor('sequence', 7), { direction: 'raise', to: '1000', at: 9 })).toMatchObject({
      value: 1000,
      epoch: 2,
      superseded: [{ value: 7, digest: 'sha256:floor' }],
    });
  });

  it.each<[FloorOrder, number | string, string, number | string]>([
    ['semver', '2.0.0', 'v1.4.0', '1.4.0'],
    [
      'signedTime',
      Date.parse('2026-06-01T00:00:00Z'),
      '2026-05-01T00:00:00Z',
      Date.parse('2026-05-01T00:00:00Z'),
    ],
  ])('reads a place in the order %s', (order, value, to, lowered) => {
    expect(movedFloor(floor(order, value), { direction: 'lower', to, at: 9 }).value).toBe(lowered);
  });

  it.each<[FloorOrder, 'lower' | 'raise', string]>([
    ['sequence', 'lower', '8'],
    ['sequence', 'raise', '7'],
    ['sequence', 'lower', '-1'],
    ['sequence', 'lower', 'sha256:unknown'],
    ['sequence', 'lower', '2026-05-01T00:00:00Z'],
    ['semver', 'lower', 'latest'],
    ['signedTime', 'lower', '7'],
  ])('by %s, does not %s to %s', (order, direction, to) => {
    const value = order === 'semver' ? '7.0.0' : 7;
    expect(() => movedFloor(floor(order, value), { direction, to, at: 9 })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});
