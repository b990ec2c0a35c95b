import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { type ErrorCode, refOf, SealiftError } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge } from '../index.ts';

const idle = new AbortController().signal;
const site = siteOf(sourceYaml('app') + deliveryYaml('app', 'app'));
const object = configMap('one');

describe('a plan that something else was faster than', () => {
  let target: MemoryTarget;
  let parts: AgentParts;
  let writes: number;

  beforeEach(() => {
    const registry = new FakeStages();
    registry.objects = [object];
    target = createMemoryTarget();
    writes = 0;
    parts = {
      stages: registry.stages,
      target,
      state: createMemoryStateStore(),
      clock: new FakeClock(),
      random: { next: () => 0.5 },
      withdrawAll: false,
      listener: () => undefined,
    };
  });

  /** So many writes fail. */
  const failing = (times: number, code: ErrorCode): void => {
    const write = target.write.bind(target);
    target.write = async (...call) => {
      writes += 1;
      if (writes <= times) throw new SealiftError(code, 'ConfigMap/shop/one', 'is another one');
      return write(...call);
    };
  };

  it('is made anew at once', async () => {
    failing(2, 'TARGET_CHANGED');
    expect(await converge(parts, site, idle)).toMatchObject({ changes: 1, failures: [] });
    expect(target.text(refOf(object))).toBeDefined();
    const { status } = parts.state.deliveries.find('edge', 'app') ?? {};
    expect(status?.inventory?.entries).toEqual([{ id: 'shop_one__ConfigMap', v: 'v1' }]);
  });

  it('is a failure when that goes on', async () => {
    failing(3, 'TARGET_CHANGED');
    expect(await converge(parts, site, idle)).toMatchObject({
      failures: [{ error: { code: 'TARGET_CHANGED' } }],
    });
    expect(writes).toBe(3);
  });

  it('is made anew for nothing else', async () => {
    failing(1, 'TARGET_INVALID');
    expect(await converge(parts, site, idle)).toMatchObject({
      failures: [{ error: { code: 'TARGET_INVALID' } }],
    });
    expect(writes).toBe(1);
  });
});
