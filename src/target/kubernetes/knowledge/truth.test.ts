import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FakeClock, settle } from '../../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { fromFieldsV1, leavesOf } from '../../../../test/fakes/field-sets.ts';
import { createMemoryTraces } from '../../../../test/fakes/memory-traces.ts';
import { configMap } from '../../../../test/fixtures/objects.ts';
import { type KubernetesObject, type Observation, refOf, type Target } from '../../../core/index.ts';
import { createKubernetesTarget } from '../kubernetes-target.ts';

const owner = { name: 'apps', namespace: 'flux-system' };
const names = ['a', 'b', 'c'];
const values = ['1', '2'];

type Hand = 'somebody' | 'kubectl-edit';
type Event =
  | {
      readonly kind: 'put';
      readonly name: string;
      readonly value: string;
      readonly hand: Hand;
      readonly owned: boolean;
    }
  | { readonly kind: 'take' | 'remove'; readonly name: string }
  | { readonly kind: 'write' | 'observe'; readonly name: string; readonly value: string }
  | { readonly kind: 'cut' | 'compact' | 'restart' | 'wait' | 'settle' | 'away' | 'back' | 'lag' }
  | { readonly kind: 'allow'; readonly changes: number }
  | { readonly kind: 'break'; readonly request: string }
  | { readonly kind: 'heal' };

const name = fc.constantFrom(...names);
const value = fc.constantFrom(...values);
const eventOf: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    name,
    value,
    hand: fc.constantFrom<Hand>('somebody', 'kubectl-edit'),
    owned: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('take' as const, 'remove' as const), name }),
  fc.record({ kind: fc.constantFrom('write' as const, 'observe' as const), name, value }),
  fc.record({ kind: fc.constantFrom('cut' as const, 'compact' as const, 'restart' as const) }),
  fc.record({ kind: fc.constantFrom('wait' as const, 'settle' as const) }),
  fc.record({ kind: fc.constantFrom('away' as const, 'back' as const, 'lag' as const) }),
  fc.record({ kind: fc.constant('allow' as const), changes: fc.nat(3) }),
  fc.record({
    kind: fc.constant('break' as const),
    request: fc.constantFrom('list ConfigMap', 'watch ConfigMap', 'get *', 'apply *', '*'),
  }),
  fc.constant({ kind: 'heal' as const }),
);

const desiredOf = (of: string, data: string): KubernetesObject =>
  configMap(of, { owner, data: { key: data } });

/** What an observation says, without what it shows. */
function said(seen: Observation): object {
  return seen.kind === 'present'
    ? { kind: seen.kind, owner: seen.owner, matches: seen.matches }
    : { kind: seen.kind };
}

/** A target and its cluster, with what its user last heard of each object. */
class World {
  readonly cluster = new FakeCluster();
  readonly #clock = new FakeClock();
  readonly #traces = createMemoryTraces();
  readonly #heard = new Map<string, { readonly desired: KubernetesObject; readonly answer: object }>();
  /** Who waits for an answer and was not told of a change since. */
  readonly #asking = new Set<string>();
  #target = this.#open();
  #stop = new AbortController();

  constructor() {
    this.#watch();
  }

  async act(event: Event): Promise<void> {
    const { cluster } = this;
    switch (event.kind) {
      case 'put':
        return cluster.put(
          configMap(event.name, {
            ...(event.owned ? { owner } : {}),
            data: { key: event.value, added: 'x' },
          }),
          event.hand,
        );
      case 'take':
        return cluster.take(refOf(configMap(event.name)));
      case 'remove':
        this.#heard.delete(event.name);
        return this.#tried(this.#target.remove(refOf(configMap(event.name)), this.#stop.signal));
      case 'write':
        this.#heard.delete(event.name);
        return this.#tried(
          this.#target.write(desiredOf(event.name, event.value), { recreate: false }, this.#stop.signal),
        );
      case 'observe':
        return this.#observe(desiredOf(event.name, event.value));
      case 'restart':
        this.#stop.abort();
        await settle();
        this.#target = this.#open();
        this.#heard.clear();
        this.#stop = new AbortController();
        return this.#watch();
      case 'break':
        return void cluster.failing.set(event.request, 'TARGET_UNREACHABLE');
      case 'heal':
        return cluster.failing.clear();
      case 'cut':
        return cluster.cut();
      case 'compact':
        return cluster.compact();
      case 'away':
        cluster.failing.set('*', 'TARGET_UNREACHABLE');
        cluster.cut();
        return settle();
      case 'back':
        cluster.failing.clear();
        return this.#clock.advance(60_000);
      case 'lag':
        return cluster.allow(0);
      case 'allow':
        cluster.allow(event.changes);
        return settle();
      case 'wait':
        return this.#clock.advance(60_000);
      case 'settle':
        return settle();
    }
  }

  /** Everything works again and has had time: what is said now is true, and whoever heard something else before was told. */
  async check(): Promise<void> {
    this.cluster.failing.clear();
    this.cluster.allow(Number.POSITIVE_INFINITY);
    await settle();
    await this.#clock.advance(120_000);
    for (const [of, { desired, answer }] of this.#heard) {
      expect({ of, answer }).toEqual({ of, answer: this.#truth(desired) });
    }
    for (const of of names) {
      for (const data of values) {
        const desired = desiredOf(of, data);
        const seen = await this.#target.observe(refOf(desired), desired, this.#stop.signal);
        expect({ of, data, ...said(seen) }).toEqual({ of, data, ...this.#truth(desired) });
      }
    }
    this.#stop.abort();
  }

  #open(): Target {
    const random = { next: () => 0.5 };
    return createKubernetesTarget({
      client: this.cluster,
      traces: this.#traces,
      clock: this.#clock,
      random,
      podsOf: () => undefined,
    });
  }

  #watch(): void {
    void this.#target.watch((ref) => {
      if (ref === undefined) this.#heard.clear();
      else this.#heard.delete(ref.name);
      if (ref === undefined) this.#asking.clear();
      else this.#asking.delete(ref.name);
    }, this.#stop.signal);
  }

  async #observe(desired: KubernetesObject): Promise<void> {
    const { name: of } = desired.metadata;
    this.#heard.delete(of);
    this.#asking.add(of);
    const answer = this.#target.observe(refOf(desired), desired, this.#stop.signal).then(said);
    // Whoever is told while waiting for an answer asks again.
    const hear = (one: object): void => {
      if (this.#asking.delete(of)) this.#heard.set(of, { desired, answer: one });
    };
    await this.#tried(answer.then(hear));
  }

  /** Lets time pass until it has ended, one way or the other. */
  async #tried(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const ended = work
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        isDone = true;
      });
    await settle();
    while (!isDone) await this.#clock.advance(1000);
    await ended;
  }

  /** What an honest look at everything would say. */
  #truth(desired: KubernetesObject): object {
    const live = this.cluster.live(refOf(desired));
    if (live === undefined) return { kind: 'absent' };
    const { managedFields = [], labels = {} } = live.metadata;
    const own = managedFields.find(
      ({ manager, operation }) => manager === 'kustomize-controller' && operation === 'Apply',
    );
    const leaves = leavesOf(desired);
    const found = leavesOf(live);
    const isOurs = [...fromFieldsV1(own?.fieldsV1)].sort().join() === [...leaves.keys()].sort().join();
    const isSame = [...leaves].every(([path, leaf]) => found.get(path) === leaf);
    const isTaken = managedFields.some(({ manager }) => manager.startsWith('kubectl'));
    const isOwned = Object.keys(labels).length === 2;
    return { kind: 'present', owner: isOwned ? owner : undefined, matches: isOurs && isSame && !isTaken };
  }
}

it('says what is true once it can know it, and tells everybody who heard something else, whatever happens', async () => {
  const property = fc.asyncProperty(fc.array(eventOf, { maxLength: 30 }), async (events) => {
    const world = new World();
    for (const event of events) await world.act(event);
    await world.check();
  });
  await fc.assert(property, { numRuns: 1500 });
}, 120_000);
