import { describe, expect, it } from 'vitest';
import { createScriptedTarget } from '../../../test/fakes/scripted-target.ts';
import { configMap } from '../../../test/fixtures/objects.ts';
import { toInventoryEntry } from '../../api/index.ts';
import { refOf, SealiftError, type Target } from '../../core/index.ts';
import { observeDelivery } from '../index.ts';

const idle = new AbortController().signal;
const many = Array.from({ length: 100 }, (_, at) => configMap(`m${at}`));

describe('observeDelivery', () => {
  it('looks once at everything that the build asks for or the inventory lists', async () => {
    const target = createScriptedTarget();
    const inventory = [toInventoryEntry(refOf(configMap('one'))), toInventoryEntry(refOf(configMap('two')))];
    const seen = await observeDelivery(
      target,
      [configMap('two')],
      [...inventory, { id: 'nonsense', v: '' }],
      idle,
    );
    expect([...seen.keys()].sort()).toEqual(['shop_one__ConfigMap', 'shop_two__ConfigMap']);
    expect(target.calls.length).toBe(2);
  });

  it('looks at 16 objects at once at most', async () => {
    let running = 0;
    let most = 0;
    const observe: Target['observe'] = async () => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return { kind: 'absent' };
    };
    await observeDelivery({ ...createScriptedTarget(), observe }, many, [], idle);
    expect(most).toBe(16);
  });

  it('fails as a whole when one look fails, stops the others, and leaves none behind', async () => {
    let running = 0;
    let stopped = 0;
    const observe: Target['observe'] = async (ref, _desired, signal) => {
      if (ref.name === 'm3') throw new Error('no answer');
      running += 1;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      running -= 1;
      stopped += 1;
      throw signal.reason;
    };
    const run = observeDelivery({ ...createScriptedTarget(), observe }, many, [], idle);
    await expect(run).rejects.toThrow('no answer');
    expect([running, stopped]).toEqual([0, 15]);
  });

  it.each(['TARGET_UNREACHABLE', 'TARGET_UNAUTHENTICATED', 'DISK_FAILED'] as const)(
    'fails as a whole where there is nobody to ask: %s',
    async (code) => {
      const observe: Target['observe'] = async () => {
        throw new SealiftError(code, 'cluster', 'no answer');
      };
      const run = observeDelivery({ ...createScriptedTarget(), observe }, many, [], idle);
      await expect(run).rejects.toMatchObject({ code });
    },
  );

  it('says of what it cannot look at why, and looks at all the rest', async () => {
    const denied = new SealiftError('TARGET_FORBIDDEN', 'ConfigMap/shop/m3', 'may not be read');
    const observe: Target['observe'] = async (ref) => {
      if (ref.name === 'm3') throw denied;
      return { kind: 'absent' };
    };
    const seen = await observeDelivery({ ...createScriptedTarget(), observe }, many, [], idle);
    expect(seen.get('shop_m3__ConfigMap')).toEqual({ kind: 'not-read', error: denied });
    expect([...seen.values()].filter(({ kind }) => kind === 'absent').length).toBe(99);
  });

  it('asks no more of a kind that does not answer, and all of the others', async () => {
    let asked = 0;
    const observe: Target['observe'] = async ({ kind }) => {
      if (kind !== 'ConfigMap') return { kind: 'absent' };
      asked += 1;
      throw new SealiftError('TARGET_BUSY', 'ConfigMap', 'no answer');
    };
    const others = many.map((one) => ({ ...one, kind: 'Secret' }));
    const seen = await observeDelivery(
      { ...createScriptedTarget(), observe },
      [...many, ...others],
      [],
      idle,
    );
    // As many as there are looks at once, before the first of them has failed.
    expect(asked).toBeLessThanOrEqual(16 + 5);
    expect([...seen.values()].filter(({ kind }) => kind === 'not-read').length).toBe(100);
    expect([...seen.values()].filter(({ kind }) => kind === 'absent').length).toBe(100);
  });

  it('rejects with the reason of the signal', async () => {
    const stop = new AbortController();
    const observe: Target['observe'] = async (_ref, _desired, signal) => {
      stop.abort(new Error('shutdown'));
      signal.throwIfAborted();
      return { kind: 'absent' };
    };
    const run = observeDelivery({ ...createScriptedTarget(), observe }, many, [], stop.signal);
    await expect(run).rejects.toThrow('shutdown');
  });
});
