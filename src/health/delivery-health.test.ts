import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject, ObjectRef } from '../core/index.ts';
import { DeliveryHealth, type HealthTask, healthOf } from './index.ts';

const timeoutMs = 30_000;

function refTo(name: string): ObjectRef {
  return { group: 'example.com', version: 'v1', kind: 'Widget', namespace: 'shop', name };
}

type Said = 'ready' | 'busy' | 'stalled' | 'absent';

function widget(name: string, said: Said): KubernetesObject | undefined {
  if (said === 'absent') return undefined;
  const type = { ready: 'Ready', busy: 'Reconciling', stalled: 'Stalled' }[said];
  const conditions = [{ type, status: 'True', reason: 'Because', message: `it is ${said}` }];
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'shop' },
    status: { conditions },
  };
}

const at = (monotonic: number) => ({ monotonic, wall: monotonic });

function waitFor(names: readonly string[], task: Partial<HealthTask> = {}): DeliveryHealth {
  const objects = names.map((name) => ({ ref: refTo(name), mayGo: false }));
  return new DeliveryHealth({ objects, timeoutMs, rule: healthOf, wasHealthy: false, ...task }, at(0));
}

function tell(health: DeliveryHealth, name: string, said: Said, monotonic = 0): string {
  health.tell(refTo(name), widget(name, said), at(monotonic));
  return health.phase;
}

describe('the health of a delivery', () => {
  it('is healthy when nothing is waited for', () => {
    expect(waitFor([]).phase).toBe('healthy');
  });

  it('is healthy once all are current, and not before', () => {
    const health = waitFor(['a', 'b']);
    expect(health.phase).toBe('waiting');
    expect(tell(health, 'a', 'ready')).toBe('waiting');
    expect(tell(health, 'b', 'ready')).toBe('healthy');
    expect(health.describe()).toBe('');
  });

  it('fails as soon as one has failed, and names only that', () => {
    const health = waitFor(['a', 'b', 'c']);
    tell(health, 'a', 'busy');
    expect(tell(health, 'b', 'stalled', 10)).toBe('failed');
    expect(health.describe()).toBe(
      "failed early due to stalled resources: [Widget/shop/b status: 'Failed': Because: it is stalled]",
    );
  });

  it('is late when its time is over, and names what is missing', () => {
    const health = waitFor(['a', 'b', 'c', 'd']);
    tell(health, 'a', 'ready');
    tell(health, 'b', 'busy');
    tell(health, 'c', 'absent');
    health.look(at(timeoutMs - 1));
    expect(health.phase).toBe('waiting');
    health.look(at(timeoutMs));
    expect(health.phase).toBe('timed-out');
    expect(health.describe()).toBe(
      "timeout waiting for: [Widget/shop/b status: 'InProgress': Because: it is busy, " +
        "Widget/shop/c status: 'NotFound': it is not there, " +
        "Widget/shop/d status: 'Unknown': nothing was told of it yet]",
    );
  });

  it('recovers at once, however late', () => {
    const health = waitFor(['a']);
    health.look(at(timeoutMs));
    expect(tell(health, 'a', 'ready', timeoutMs * 10)).toBe('healthy');
  });

  it('that was healthy is left at once, and has the whole time again', () => {
    const health = waitFor(['a']);
    tell(health, 'a', 'ready', 5);
    expect(tell(health, 'a', 'busy', 100_000)).toBe('waiting');
    expect(health.since).toBe(100_000);
    health.look(at(100_000 + timeoutMs - 1));
    expect(health.phase).toBe('waiting');
    health.look(at(100_000 + timeoutMs));
    expect(health.phase).toBe('timed-out');
  });

  it('gets no more time by failing in between', () => {
    const health = waitFor(['a']);
    tell(health, 'a', 'stalled', 10);
    expect(tell(health, 'a', 'busy', timeoutMs - 1)).toBe('waiting');
    tell(health, 'a', 'stalled', timeoutMs - 1);
    expect(tell(health, 'a', 'busy', timeoutMs)).toBe('timed-out');
  });

  it('that was known before is left only by what is told', () => {
    const health = waitFor(['a', 'b'], { wasHealthy: true });
    expect(health.phase).toBe('healthy');
    expect(tell(health, 'a', 'ready')).toBe('healthy');
    expect(tell(health, 'b', 'busy', 7)).toBe('waiting');
    expect(health.describe()).toBe("waiting for: [Widget/shop/b status: 'InProgress': Because: it is busy]");
  });

  it('does not miss a job that went by itself', () => {
    const health = waitFor([], { objects: [{ ref: refTo('a'), mayGo: true }] });
    expect(tell(health, 'a', 'absent')).toBe('healthy');
  });

  it('takes nothing of objects that nobody waits for', () => {
    const health = waitFor(['a']);
    expect(tell(health, 'b', 'stalled')).toBe('waiting');
    expect(tell(health, 'a', 'ready')).toBe('healthy');
  });

  it('lists twenty and counts the others', () => {
    const health = waitFor(Array.from({ length: 23 }, (_, index) => `w${index}`));
    health.look(at(timeoutMs));
    expect(health.describe().match(/Widget/g)).toHaveLength(20);
    expect(health.describe()).toMatch(/, and 3 more\]$/);
  });

  it('looks again when time alone may change what is said of an object', () => {
    const ref = { group: '', version: 'v1', kind: 'Pod', namespace: 'shop', name: 'p' };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'shop', creationTimestamp: '1970-01-01T00:00:00Z' },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no node' }],
      },
    };
    const health = waitFor([], { objects: [{ ref, mayGo: false }] });
    health.tell(ref, pod, at(1_000));
    expect(health.nextLook(at(1_000))).toBe(14_000);
    health.look(at(15_000));
    expect(health.phase).toBe('failed');
    expect(health.nextLook(at(15_000))).toBeUndefined();
  });

  it('says when to look again, until nothing but an object can change it', () => {
    const health = waitFor(['a']);
    expect(health.nextLook(at(1_000))).toBe(timeoutMs - 1_000);
    expect(health.nextLook(at(timeoutMs * 2))).toBe(0);
    tell(health, 'a', 'ready');
    expect(health.nextLook(at(1_000))).toBeUndefined();
  });

  const names = ['a', 'b', 'c'];
  const step = fc.record({
    name: fc.constantFrom(...names),
    said: fc.constantFrom<Said>('ready', 'busy', 'stalled', 'absent'),
    passes: fc.integer({ min: 0, max: 20_000 }),
    isTold: fc.boolean(),
  });

  it('is what the newest word of every object makes it, whatever came before and whenever', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, wasHealthy) => {
        const health = waitFor(names, { wasHealthy });
        const newest = new Map<string, Said | undefined>(
          names.map((name) => [name, wasHealthy ? 'ready' : undefined]),
        );
        let now = 0;
        let leftAt = 0;
        let isHealthy = wasHealthy;
        for (const { name, said, passes, isTold } of steps) {
          now += passes;
          if (isTold) newest.set(name, said);
          if (isTold) tell(health, name, said, now);
          else health.look(at(now));
          const words = [...newest.values()];
          const allReady = words.every((word) => word === 'ready');
          if (isHealthy && !allReady) leftAt = now;
          isHealthy = allReady;
          const unhealthy = now - leftAt >= timeoutMs ? 'timed-out' : 'waiting';
          const expected = words.includes('stalled') ? 'failed' : unhealthy;
          expect(health.phase).toBe(allReady ? 'healthy' : expected);
          expect(health.since).toBe(leftAt);
          expect(health.describe() === '').toBe(allReady);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never waits longer than its time, if somebody looks when it says so', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const health = waitFor(names);
        let now = 0;
        for (const { name, said, passes } of steps) {
          now += passes;
          tell(health, name, said, now);
        }
        for (let looks = 0; health.phase === 'waiting'; looks += 1) {
          expect(looks).toBeLessThan(2);
          now += health.nextLook(at(now)) ?? Number.NaN;
          health.look(at(now));
        }
        expect(now - health.since >= timeoutMs || health.phase !== 'timed-out').toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
