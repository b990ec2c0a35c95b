import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { type HealthWatch, type KubernetesObject, type ObjectRef, SealiftError } from '../../core/index.ts';
import { healthOf } from '../../health/index.ts';
import { FollowedHealth } from './followed-health.ts';

const second = 1_000;
const [a, b] = ['a', 'b'].map(
  (name): ObjectRef => ({ group: 'example.com', version: 'v1', kind: 'Widget', namespace: 'shop', name }),
) as [ObjectRef, ObjectRef];

type Follow = Parameters<HealthWatch['follow']>;

let clock: FakeClock;
let follows: { readonly told: Follow[1]; readonly signal: AbortSignal; readonly cut: () => void }[];
let followed: FollowedHealth;
let said: string[];

function widget(type: 'Ready' | 'Reconciling'): KubernetesObject {
  const conditions = [{ type, status: 'True', reason: 'Because', message: 'so' }];
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'x' }, status: { conditions } };
}

/** A target that says nothing by itself. */
const watch: HealthWatch = {
  follow: (_refs, told, signal) =>
    new Promise((resolve, reject) => {
      const cut = (): void => reject(new SealiftError('TARGET_UNREACHABLE', 'cluster', 'no route'));
      signal.addEventListener('abort', () => resolve());
      follows.push({ told, signal, cut });
    }),
};

const latest = () => {
  const last = follows.at(-1);
  if (last === undefined) throw new Error('nobody looks');
  return last;
};

beforeEach(async () => {
  clock = new FakeClock();
  follows = [];
  said = [];
  const task = {
    objects: [a, b].map((ref) => ({ ref, mayGo: false })),
    timeoutMs: 40 * second,
    rule: healthOf,
    wasHealthy: false,
  };
  followed = new FollowedHealth(task, {
    watch,
    clock,
    changed: () => said.push(followed.phase),
    told: () => undefined,
    broken: () => 10 * second,
  });
  followed.resume();
  await settle();
  for (const ref of [a, b]) latest().told(ref, widget('Reconciling'), []);
});

afterEach(() => followed.end());

describe('what is waited for', () => {
  it('is late only when each object, looked at once more, is not there yet', async () => {
    await clock.advance(40 * second);
    expect([followed.phase, follows.length]).toEqual(['waiting', 2]);
    expect(follows[0]?.signal.aborted).toBe(true);
    latest().told(a, widget('Reconciling'), []);
    expect(followed.phase).toBe('waiting');
    latest().told(b, widget('Reconciling'), []);
    await settle();
    expect(said).toEqual(['timed-out']);
    expect(followed.passedMs).toBe(40 * second);
  });

  it('is not late when a silent connection hid that it had become healthy', async () => {
    await clock.advance(40 * second);
    for (const ref of [a, b]) latest().told(ref, widget('Ready'), []);
    await settle();
    expect(said).toEqual(['healthy']);
  });

  it('is not late however long the target is away, and has what is left of its time then', async () => {
    await clock.advance(30 * second);
    latest().cut();
    await settle();
    await clock.advance(3_600 * second);
    expect(followed.phase).toBe('waiting');
    for (const ref of [a, b]) latest().told(ref, widget('Reconciling'), []);
    await clock.advance(9 * second);
    expect([followed.phase, follows.length]).toEqual(['waiting', 2]);
    await clock.advance(1 * second);
    for (const ref of [a, b]) latest().told(ref, widget('Reconciling'), []);
    await settle();
    expect(said).toEqual(['timed-out']);
  });

  it('is not late when the target goes away at its last moment', async () => {
    await clock.advance(40 * second);
    latest().cut();
    await settle();
    await clock.advance(3_600 * second);
    expect(followed.phase).toBe('waiting');
    for (const ref of [a, b]) latest().told(ref, widget('Ready'), []);
    await settle();
    expect(said).toEqual(['healthy']);
  });

  it('that was healthy, and is not any more, has its whole time again', async () => {
    await clock.advance(40 * second);
    for (const ref of [a, b]) latest().told(ref, widget('Ready'), []);
    await clock.advance(100 * second);
    latest().told(b, widget('Reconciling'), []);
    latest().cut();
    await settle();
    await clock.advance(20 * second);
    for (const ref of [a, b]) latest().told(ref, widget('Reconciling'), []);
    await clock.advance(39 * second);
    expect(followed.phase).toBe('waiting');
    await clock.advance(2 * second);
    for (const ref of [a, b]) latest().told(ref, widget('Reconciling'), []);
    expect(followed.phase).toBe('timed-out');
  });
});
