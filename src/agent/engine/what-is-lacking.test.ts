import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { StateStore } from '../../api/index.ts';
import { formatRef, refOf, SealiftError, type SealiftEvent, type WriteOptions } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../target/index.ts';
import { Engine } from '../index.ts';

const ref = refOf(configMap('one'));
const theirs = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: shop}\n';

describe('an object that could not be made', () => {
  let target: MemoryTarget;
  let state: StateStore;
  let stop: AbortController;
  let events: SealiftEvent[];
  /** What the target does with each write. */
  let taking: (options: WriteOptions) => void;

  async function settleAll(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await settle();
  }

  async function start(): Promise<void> {
    const registry = new FakeStages();
    registry.objectsOf.set('app', [configMap('one'), configMap('two')]);
    const engine = new Engine(
      {
        stages: registry.stages,
        target: {
          description: target.description,
          observe: (...asked) => target.observe(...asked),
          write: async (object, options, signal) => {
            if (object.metadata.name === 'one') taking(options);
            await target.write(object, options, signal);
          },
          remove: (...asked) => target.remove(...asked),
          watch: (...asked) => target.watch(...asked),
        },
        state,
        clock: new FakeClock(),
        random: { next: () => 0.5 },
        withdrawAll: false,
        listener: (event) => events.push(event),
      },
      siteOf(sourceYaml('app') + deliveryYaml('app', 'app')),
    );
    void engine.run(stop.signal);
    await settleAll();
  }

  const ready = (): string | undefined =>
    state.deliveries.find('edge', 'app')?.status.conditions.find(({ type }) => type === 'Ready')?.reason;

  beforeEach(() => {
    target = createMemoryTarget();
    state = createMemoryStateStore();
    stop = new AbortController();
    events = [];
    taking = () => undefined;
  });

  afterEach(() => stop.abort());

  it('since that of somebody else stood there is made as soon as that is gone', async () => {
    target.edit(ref, theirs);
    await start();
    expect(ready()).toBe('ReconciliationFailed');
    target.edit(ref, undefined);
    await settleAll();
    expect(ready()).toBe('ReconciliationSucceeded');
    expect(target.text(ref)).toContain('name: one');
  });

  it('since its kind was not served is made as soon as the target tells that something may be there', async () => {
    taking = () => {
      throw new SealiftError('TARGET_KIND_UNKNOWN', formatRef(ref), 'the server serves no such kind');
    };
    await start();
    expect(ready()).toBe('ReconciliationFailed');
    taking = () => undefined;
    // As a target does that hears of the kind.
    target.edit(ref, undefined);
    await settleAll();
    expect(ready()).toBe('ReconciliationSucceeded');
  });

  it('is not tried again for what happens to others', async () => {
    let tries = 0;
    taking = () => {
      tries += 1;
      throw new SealiftError('TARGET_INVALID', formatRef(ref), 'bad');
    };
    await start();
    const before = tries;
    target.edit(refOf(configMap('another')), theirs);
    await settleAll();
    expect(tries).toBe(before);
  });

  it('is no matter of what the target says of one that it took: that is told', async () => {
    taking = ({ warned }) => warned?.(['v1 is deprecated', 'use v2']);
    await start();
    expect(ready()).toBe('ReconciliationSucceeded');
    const told = events.filter(({ kind }) => kind === 'object-warned');
    expect(told).toMatchObject([{ object: { name: 'one' }, message: 'v1 is deprecated; use v2' }]);
  });
});
