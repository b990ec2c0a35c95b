import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { us } from '../../../test/fixtures/plan-one.ts';
import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import {
  type KubernetesObject,
  type Observation,
  refOf,
  SealiftError,
  type Target,
} from '../../core/index.ts';
import { applyPlan, markOwned, observeDelivery, planDelivery } from '../index.ts';

const never = new AbortController().signal;

function object(apiVersion: string, kind: string, name: string, rest: object = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name }, ...rest };
}

const inNamespace = (one: KubernetesObject, namespace: string): KubernetesObject => ({
  ...one,
  metadata: { ...one.metadata, namespace },
});

const definition = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'gadgets.example.com', {
  spec: { group: 'example.com', names: { kind: 'Gadget', plural: 'gadgets' } },
});
const namespace = object('v1', 'Namespace', 'shop');
const storageClass = object('storage.k8s.io/v1', 'StorageClass', 'fast');
const gadget = inNamespace(object('example.com/v1', 'Gadget', 'one'), 'other');
const sameKindElsewhere = inNamespace(object('elsewhere.org/v1', 'Gadget', 'one'), 'other');
const webhook = object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'all');

interface Scene {
  readonly build: readonly KubernetesObject[];
  readonly failing?: readonly string[];
  /** What is live already, of us and stale. */
  readonly stale?: readonly KubernetesObject[];
  readonly parallelWrites?: number;
  /** In the inventory and live, in the order of application; pruned. */
  readonly gone?: readonly KubernetesObject[];
}

/** A run on a target whose writes take a turn each. */
class Run {
  /** `+ Kind/name` when a write begins, `- Kind/name` when it has ended. */
  readonly log: string[] = [];
  inventory: readonly InventoryEntry[] = [];
  most = 0;
  error: unknown;
  #running = 0;

  async play({ build, failing = [], stale = [], parallelWrites, gone = [] }: Scene): Promise<this> {
    const inventory = gone.map((one) => toInventoryEntry(refOf(one)));
    const live = new Map([...stale, ...gone].map((one) => [inventoryId(refOf(one)), one]));
    const target: Target = {
      description: 'slow target',
      ...(parallelWrites === undefined ? {} : { parallelWrites }),
      observe: async (ref): Promise<Observation> => {
        const there = live.get(inventoryId(ref));
        return there === undefined
          ? { kind: 'absent' }
          : { kind: 'present', owner: us, matches: false, marks: there.metadata, live: there };
      },
      write: async ({ kind, metadata }) => this.#act(`${kind}/${metadata.name}`, failing),
      remove: async ({ kind, name }) => {
        await this.#act(`x ${kind}/${name}`, failing);
        return undefined;
      },
      watch: async () => undefined,
    };
    const objects = markOwned(build, us);
    const observations = await observeDelivery(target, objects, inventory, never);
    const delivery = { owner: us, prune: true, force: false, mayShrink: true };
    const plan = planDelivery({ objects, inventory, observations, delivery });
    const hooks = {
      recordInventory: async (entries: readonly InventoryEntry[]) => {
        this.inventory = entries;
      },
      changed: () => undefined,
    };
    await applyPlan(target, plan, hooks, never).catch((thrown) => {
      this.error = thrown;
    });
    return this;
  }

  async #act(name: string, failing: readonly string[]): Promise<void> {
    this.#running += 1;
    this.most = Math.max(this.most, this.#running);
    this.log.push(`+ ${name}`);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    this.#running -= 1;
    if (failing.includes(name)) throw new SealiftError('TARGET_FAILED', name, 'quota exceeded');
    this.log.push(`- ${name}`);
  }

  /** Whether the write of `later` began only after that of `earlier` had ended. */
  inOrder(earlier: string, later: string): boolean {
    return (
      this.log.indexOf(`- ${earlier}`) >= 0 &&
      this.log.indexOf(`- ${earlier}`) < this.log.indexOf(`+ ${later}`)
    );
  }
}

const many = Array.from({ length: 30 }, (_, at) => configMap(`m${at}`));

describe('the stages of a plan', () => {
  it('come one after another, whatever the order of the build and however much runs at once', async () => {
    const run = await new Run().play({
      build: [webhook, gadget, storageClass, namespace, definition],
      parallelWrites: 8,
    });
    expect(run.inOrder('CustomResourceDefinition/gadgets.example.com', 'StorageClass/fast')).toBe(true);
    expect(run.inOrder('Namespace/shop', 'StorageClass/fast')).toBe(true);
    expect(run.inOrder('StorageClass/fast', 'Gadget/one')).toBe(true);
    expect(run.inOrder('Gadget/one', 'ValidatingWebhookConfiguration/all')).toBe(true);
  });

  it('write as many objects at once as the target takes', async () => {
    expect((await new Run().play({ build: many, parallelWrites: 8 })).most).toBe(8);
  });

  it('write one object after another in its order where the target says nothing', async () => {
    const run = await new Run().play({ build: many });
    expect(run.most).toBe(1);
    expect(run.log.filter((line) => line.startsWith('+'))).toEqual(
      many.map(({ metadata }) => `+ ConfigMap/${metadata.name}`),
    );
  });

  it('hold what lives in a Namespace that could not be made, and nothing else', async () => {
    const run = await new Run().play({
      build: [namespace, configMap('a'), configMap('b'), gadget],
      failing: ['Namespace/shop'],
    });
    expect(run.log).toEqual(['+ Namespace/shop', '+ Gadget/one', '- Gadget/one']);
    expect(run.error).toMatchObject({
      code: 'TARGET_FAILED',
      message:
        'slow target: 1 object could not be delivered: Namespace/shop quota exceeded; objects that wait for Namespace/shop: 2',
    });
  });

  it('do not hold what lives in a Namespace that was there before', async () => {
    const run = await new Run().play({
      build: [namespace, configMap('a')],
      stale: [namespace],
      failing: ['Namespace/shop'],
    });
    expect(run.log).toContain('- ConfigMap/a');
  });

  it.each([
    ['new', []],
    ['there before', [definition]],
  ])('hold objects of a kind whose definition failed, be it %s', async (_behaviour, stale) => {
    const run = await new Run().play({
      build: [definition, gadget, sameKindElsewhere],
      stale,
      failing: ['CustomResourceDefinition/gadgets.example.com'],
    });
    expect(run.log.filter((line) => line === '+ Gadget/one')).toHaveLength(1);
    expect(String(run.error)).toContain(
      'objects that wait for CustomResourceDefinition/gadgets.example.com: 1',
    );
  });

  it('take what a definition says for what it says, whatever it is', async () => {
    const broken = { ...definition, spec: { group: 7, names: null } };
    const run = await new Run().play({
      build: [broken, gadget],
      failing: ['CustomResourceDefinition/gadgets.example.com'],
    });
    expect(run.log).toContain('- Gadget/one');
  });

  it('report all failures of all stages together, in the order of the plan', async () => {
    const failing = ['CustomResourceDefinition/gadgets.example.com', 'StorageClass/fast', 'ConfigMap/m7'];
    const run = await new Run().play({
      build: [definition, storageClass, ...many],
      failing,
      parallelWrites: 8,
    });
    expect(String(run.error)).toMatch(
      /: 3 objects .*: CustomResourceDefinition\/.*; StorageClass\/.*; ConfigMap\/shop\/m7 /,
    );
  });

  it('are left in reverse order, as many objects at once as the target takes', async () => {
    const gone = [definition, namespace, storageClass, gadget, ...many, webhook];
    const run = await new Run().play({ build: [], gone, parallelWrites: 8 });
    expect(run.most).toBe(8);
    expect(run.inOrder('x ValidatingWebhookConfiguration/all', 'x ConfigMap/m29')).toBe(true);
    expect(run.inOrder('x Gadget/one', 'x StorageClass/fast')).toBe(true);
    expect(run.inOrder('x ConfigMap/m0', 'x StorageClass/fast')).toBe(true);
    expect(run.inOrder('x StorageClass/fast', 'x Namespace/shop')).toBe(true);
  });

  it('keep what waits in the inventory as no more than attempted', async () => {
    const run = await new Run().play({ build: [namespace, configMap('a')], failing: ['Namespace/shop'] });
    expect(run.inventory.map(({ attempted }) => attempted)).toEqual([true, true]);
  });
});
