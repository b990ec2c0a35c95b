import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Slots } from './slots.ts';

/** Takes a place and notes when it got it. */
async function taking(slots: Slots, limit: number, signal?: AbortSignal) {
  const state = { free: undefined as (() => void) | undefined, reason: undefined as unknown };
  slots.take(limit, signal).then(
    (free) => {
      state.free = free;
    },
    (reason: unknown) => {
      state.reason = reason;
    },
  );
  await turn();
  return state;
}

describe('places for transfers', () => {
  it('are given out up to the limit, then in the order of arrival', async () => {
    const slots = new Slots();
    const [one, two, three, four] = [
      await taking(slots, 2),
      await taking(slots, 2),
      await taking(slots, 2),
      await taking(slots, 2),
    ];
    expect([one, two, three, four].map(({ free }) => free !== undefined)).toEqual([true, true, false, false]);
    two.free?.();
    await turn();
    expect([three.free !== undefined, four.free !== undefined]).toEqual([true, false]);
  });

  it('given back twice count once', async () => {
    const slots = new Slots();
    const one = await taking(slots, 1);
    const two = await taking(slots, 1);
    const three = await taking(slots, 1);
    one.free?.();
    one.free?.();
    await turn();
    expect([two.free !== undefined, three.free !== undefined]).toEqual([true, false]);
  });

  it('are not waited for by who has left, and those behind move up', async () => {
    const slots = new Slots();
    const stop = new AbortController();
    const one = await taking(slots, 1);
    const two = await taking(slots, 1, stop.signal);
    const three = await taking(slots, 1);
    stop.abort(new Error('enough'));
    await turn();
    expect(two.reason).toEqual(new Error('enough'));
    one.free?.();
    await turn();
    expect(three.free).toBeDefined();
  });

  it('are not even asked for by who has left before', async () => {
    const slots = new Slots();
    await expect(slots.take(1, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect((await taking(slots, 1)).free).toBeDefined();
  });

  it('go to who accepts company when who does not has left', async () => {
    const slots = new Slots();
    const stop = new AbortController();
    await taking(slots, 3);
    await taking(slots, 1, stop.signal);
    const modest = await taking(slots, 3);
    expect(modest.free).toBeUndefined();
    stop.abort(new Error('enough'));
    await turn();
    expect(modest.free).toBeDefined();
  });
});
