import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { maxTransferMs, minPaceBytes, paceWindowMs, withPace } from './pace.ts';

let clock: FakeClock;
let outer: AbortController;
beforeEach(() => {
  clock = new FakeClock();
  outer = new AbortController();
});

/** A transfer that ends by abort only, and the way to tell its progress. */
function begin(): { readonly progress: (bytes: number) => void; readonly ended: Promise<unknown> } {
  let progress = (_bytes: number): void => {};
  const ended = withPace({ clock, subject: 'oci://registry.example/app' }, outer.signal, (signal, tell) => {
    progress = tell;
    return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }).catch((error: unknown) => error);
  return { progress: (bytes) => progress(bytes), ended };
}

describe('withPace', () => {
  it('ends a transfer that brings too little, and says how much it brought', async () => {
    const { progress, ended } = begin();
    progress(minPaceBytes - 1);
    await clock.advance(paceWindowMs);
    expect(await ended).toMatchObject({
      code: 'REGISTRY_TIMEOUT',
      message: 'oci://registry.example/app: expected at least 65536 bytes in 300 s, got 65535',
    });
    expect(clock.sleeping).toEqual([]);
  });

  it('looks at each window by itself: what came before does not count', async () => {
    const { progress, ended } = begin();
    progress(100 * minPaceBytes);
    await clock.advance(paceWindowMs);
    await clock.advance(paceWindowMs);
    expect(await ended).toMatchObject({ message: expect.stringContaining('got 0') });
  });

  it('does not count bytes that come again', async () => {
    const { progress, ended } = begin();
    progress(minPaceBytes);
    await clock.advance(paceWindowMs);
    progress(0);
    progress(minPaceBytes);
    await clock.advance(paceWindowMs);
    expect(await ended).toMatchObject({ message: expect.stringContaining('got 0') });
  });

  it('lets a thin link go on, for a day at most', async () => {
    const { progress, ended } = begin();
    let bytes = 0;
    for (let elapsed = paceWindowMs; elapsed < maxTransferMs; elapsed += paceWindowMs) {
      bytes += minPaceBytes;
      progress(bytes);
      await clock.advance(paceWindowMs);
    }
    expect(clock.sleeping).toHaveLength(1);
    progress(bytes + minPaceBytes);
    await clock.advance(paceWindowMs);
    expect(await ended).toMatchObject({ message: expect.stringContaining('an end within 86400 s') });
  });

  it('passes results, failures and aborts on, and leaves no timer', async () => {
    const paced = { clock, subject: 'x' };
    expect(await withPace(paced, outer.signal, async () => 1)).toBe(1);
    const failing = withPace(paced, outer.signal, async () => Promise.reject(new Error('cut')));
    await expect(failing).rejects.toThrow('cut');
    const { ended } = begin();
    outer.abort(new Error('stopped'));
    expect(await ended).toMatchObject({ message: 'stopped' });
    expect(clock.sleeping).toEqual([]);
  });
});
