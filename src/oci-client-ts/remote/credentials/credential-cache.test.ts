import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Credential } from '../../credentials.ts';
import { OciError } from '../../errors.ts';
import type { RegistryClock } from '../clock.ts';
import { TokenCache } from '../token-cache.ts';
import { CredentialCache } from './credential-cache.ts';

class StoppedClock implements RegistryClock {
  ms = 0;
  /** Of the wall clock against the other. */
  skew = 0;
  now(): number {
    return this.ms + this.skew;
  }
  monotonic(): number {
    return this.ms;
  }
  async sleep(): Promise<void> {}
}

const never = new AbortController().signal;
const minute = 60_000;

function credential(password: number, expiresAt?: number): Credential {
  return {
    kind: 'basic',
    username: 'u',
    password: `${password}`,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

describe('CredentialCache', () => {
  function cacheOf(lifetime?: number) {
    const clock = new StoppedClock();
    const cache = new CredentialCache(clock);
    let loads = 0;
    const get = async (): Promise<number> => {
      await cache.get(
        'key',
        async () => {
          loads += 1;
          return [credential(loads, lifetime === undefined ? undefined : clock.now() + lifetime)];
        },
        never,
      );
      return loads;
    };
    return { clock, cache, get };
  }

  it.each([
    ['nine tenths of its life', 100 * minute, 90 * minute],
    ['an hour when it does not say', undefined, 54 * minute],
    ['a minute when it was over before it came', -5 * minute, 0.9 * minute],
    ['a day at most', 1e6 * minute, 0.9 * 24 * 60 * minute],
  ])('keeps a credential for %s', async (_behaviour, lifetime, until) => {
    const { clock, get } = cacheOf(lifetime);
    await get();
    clock.ms = until - 1;
    expect(await get()).toBe(1);
    clock.ms = until;
    expect(await get()).toBe(2);
  });

  it('fetches a refused credential again, unless it has only just come', async () => {
    const { clock, cache, get } = cacheOf();
    await get();
    cache.forget('key');
    expect(await get()).toBe(1);
    clock.ms = 30_000;
    cache.forget('key');
    expect(await get()).toBe(2);
  });

  it.each([
    ['five seconds', undefined, 5_000],
    ['as long as it was asked to', 60_000, 60_000],
  ])('repeats a failure for %s', async (_behaviour, retryAfterMs, until) => {
    const clock = new StoppedClock();
    const cache = new CredentialCache(clock);
    let loads = 0;
    const get = (): Promise<unknown> =>
      cache.get(
        'key',
        () => {
          loads += 1;
          const details = retryAfterMs === undefined ? {} : { retryAfterMs };
          return Promise.reject(new OciError('rate-limited', 'cloud', 'slow', { details }));
        },
        never,
      );
    await expect(get()).rejects.toThrow('slow');
    clock.ms = until - 1;
    await expect(get()).rejects.toThrow('slow');
    expect(loads).toBe(1);
    clock.ms = until;
    await expect(get()).rejects.toThrow('slow');
    expect(loads).toBe(2);
  });
});

describe('TokenCache, whatever happens in whatever order,', () => {
  type Act =
    | { readonly kind: 'ask'; readonly key: number }
    | { readonly kind: 'pass'; readonly ms: number }
    | { readonly kind: 'answer'; readonly key: number; readonly fails: boolean }
    | { readonly kind: 'leave'; readonly waiter: number }
    | { readonly kind: 'drop'; readonly key: number };

  const key = fc.integer({ min: 0, max: 2 });
  const act: fc.Arbitrary<Act> = fc.oneof(
    fc.record({ kind: fc.constant('ask' as const), key }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ kind: fc.constant('answer' as const), key, fails: fc.boolean() }),
    fc.record({ kind: fc.constant('leave' as const), waiter: fc.nat(20) }),
    fc.record({ kind: fc.constant('drop' as const), key }),
  );
  const lifetimeMs = 100;

  class Model {
    readonly clock = new StoppedClock();
    readonly cache = new TokenCache<number>(this.clock);
    /** Loads under way by key, and the largest number of them at a time. */
    readonly loading = new Map<number, PromiseWithResolvers<number>>();
    readonly born = new Map<number, number>();
    readonly dropped = new Set<number>();
    readonly waiters: AbortController[] = [];
    readonly faults: string[] = [];
    readonly waits: Promise<void>[] = [];
    next = 0;

    ask(wanted: number): void {
      const controller = new AbortController();
      this.waiters.push(controller);
      const asked = this.clock.ms;
      const wait = this.cache.get(`${wanted}`, (signal) => this.#load(wanted, signal), controller.signal);
      this.waits.push(
        wait.then(
          (value) => this.#check(value, asked),
          () => {},
        ),
      );
    }

    answer(wanted: number, fails: boolean): void {
      const pending = this.loading.get(wanted);
      this.loading.delete(wanted);
      if (fails) pending?.reject(new Error('down'));
      else pending?.resolve(this.next);
      this.born.set(this.next, this.clock.ms);
      this.next += 1;
    }

    async #load(wanted: number, signal: AbortSignal) {
      if (this.loading.has(wanted)) this.faults.push(`two loads at once for ${wanted}`);
      const pending = Promise.withResolvers<number>();
      this.loading.set(wanted, pending);
      signal.addEventListener('abort', () => {
        if (this.loading.get(wanted) === pending) this.loading.delete(wanted);
        pending.reject(signal.reason);
      });
      return { value: await pending.promise, lifetimeMs };
    }

    #check(value: number, asked: number): void {
      const age = asked - (this.born.get(value) ?? Number.NaN);
      if (!(age < lifetimeMs)) this.faults.push(`token of age ${age}`);
    }
  }

  async function play(model: Model, step: Act): Promise<void> {
    if (step.kind === 'ask') model.ask(step.key);
    if (step.kind === 'pass') model.clock.ms += step.ms;
    if (step.kind === 'answer') model.answer(step.key, step.fails);
    if (step.kind === 'leave') model.waiters[step.waiter]?.abort(new Error('left'));
    if (step.kind === 'drop') model.cache.drop(`${step.key}`, model.next - 1);
    for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
  }

  it('never loads twice at once for a key, and never gives a token that is over', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60, size: 'max' }), async (acts) => {
        const model = new Model();
        for (const step of acts) await play(model, step);
        for (const waiter of model.waiters) waiter.abort(new Error('end'));
        await Promise.all(model.waits);
        expect(model.faults).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
