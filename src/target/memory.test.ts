import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMemory } from '../../test/contract/memory-under-test.ts';
import { describeTextTarget } from '../../test/contract/text-target-contract.ts';
import { settle } from '../../test/fakes/fake-clock.ts';
import { configMap } from '../../test/fakes/site.ts';
import { refOf } from '../core/index.ts';
import { createMemoryTarget, type MemoryTarget } from './index.ts';

describeTextTarget('memory', async () => openMemory());

describe('the health of objects in memory', () => {
  const [a, b] = [configMap('a'), configMap('b')];
  let target: MemoryTarget;
  let stop: AbortController;
  let told: string[];

  beforeEach(() => {
    target = createMemoryTarget();
    stop = new AbortController();
    told = [];
  });

  afterEach(() => stop.abort());

  function follow(): Promise<void> {
    return target.health.follow(
      [refOf(a)],
      (ref, live) =>
        told.push(`${ref.name} ${live?.metadata['generation']} ${JSON.stringify(live?.['status'])}`),
      stop.signal,
    );
  }

  const write = (object: typeof a): Promise<void> => target.write(object, { recreate: false }, stop.signal);

  it('is told as it is now, and after every change, and of nothing else', async () => {
    const done = follow();
    await write(b);
    await write(a);
    target.setStatus(refOf(a), { ready: true });
    await write(a);
    await write(configMap('a', { x: '1' }));
    await target.remove(refOf(a), stop.signal);
    expect(told).toEqual([
      'a undefined undefined',
      'a 1 undefined',
      'a 1 {"ready":true}',
      'a 1 {"ready":true}',
      'a 2 {"ready":true}',
      'a undefined undefined',
    ]);
    stop.abort();
    await done;
    await target.write(a, { recreate: false }, new AbortController().signal);
    expect(told).toHaveLength(6);
  });

  it('is no change of the object: whoever watches for drift hears nothing', async () => {
    await write(a);
    let changes = 0;
    void target.watch(() => {
      changes += 1;
    }, stop.signal);
    await settle();
    target.setStatus(refOf(a), { ready: true });
    expect(changes).toBe(1);
    expect(await target.observe(refOf(a), a, stop.signal)).toMatchObject({ matches: true });
  });
});
