import { type InventoryEntry, toInventoryEntry } from '../../api/index.ts';
import { type KubernetesObject, type ObjectRef, refOf, type Target } from '../../core/index.ts';
import { definedKind, kindKey } from '../plan/defined-kind.ts';
import type { Surroundings } from '../plan/neighbour.ts';
import { isFaultOfObject } from '../plan/object-fault.ts';
import { readableEntry } from '../plan/readable-entry.ts';

/**
 * Where the objects of a delivery stand in its target: a kind may have no namespaces, whatever a build says. From here on that is what they are called,
 * in plans, inventories and events, so that each has one name.
 */
export class Places {
  readonly #target: Target;
  readonly #objects: readonly KubernetesObject[];
  readonly #signal: AbortSignal;
  /** Kinds without namespaces, as far as the build itself defines them: they may not be served yet. */
  readonly #clusterWide: ReadonlySet<string>;

  constructor(target: Target, objects: readonly KubernetesObject[], signal: AbortSignal) {
    this.#target = target;
    this.#objects = objects;
    this.#signal = signal;
    const kinds = objects.filter(isClusterWide).map((object) => definedKind(refOf(object), object['spec']));
    this.#clusterWide = new Set(kinds.filter((kind) => kind !== undefined));
  }

  /** The objects as they stand in the target. */
  async objects(): Promise<readonly KubernetesObject[]> {
    return Promise.all(
      this.#objects.map(async (object) => {
        const ref = refOf(object);
        const { namespace } = await this.#of(ref);
        if (namespace === ref.namespace) return object;
        const { namespace: _, ...metadata } = object.metadata;
        return { ...object, metadata };
      }),
    );
  }

  /** The entries of an inventory; what names one object twice does so once. */
  async entries(inventory: readonly InventoryEntry[]): Promise<readonly InventoryEntry[]> {
    const placed = new Map<string, InventoryEntry>();
    for (const entry of inventory) {
      const ref = readableEntry(entry);
      const { id } = ref === undefined ? entry : toInventoryEntry(await this.#of(ref));
      // What is confirmed under either name is.
      if (placed.get(id)?.attempted !== true && placed.has(id)) continue;
      placed.set(id, { ...entry, id });
    }
    return [...placed.values()];
  }

  async surroundings({ neighbours, elsewhere }: Surroundings): Promise<Surroundings> {
    const placed = neighbours.map(async (neighbour) => ({
      ...neighbour,
      asks: neighbour.asks && (await this.#ids(neighbour.asks)),
    }));
    return { neighbours: await Promise.all(placed), elsewhere: await this.#ids(elsewhere) };
  }

  async #ids(ids: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const entries = await this.entries([...ids].map((id) => ({ id, v: '' })));
    return new Set(entries.map(({ id }) => id));
  }

  async #of(ref: ObjectRef): Promise<ObjectRef> {
    const { place } = this.#target;
    if (ref.namespace === '' || place === undefined) return ref;
    try {
      const placed = await place.call(this.#target, ref, this.#signal);
      return placed ?? (this.#isClusterWide(ref) ? { ...ref, namespace: '' } : ref);
    } catch (thrown) {
      this.#signal.throwIfAborted();
      // Whoever looks at the object is told.
      if (isFaultOfObject(thrown)) return ref;
      throw thrown;
    }
  }

  #isClusterWide({ group, kind }: ObjectRef): boolean {
    return this.#clusterWide.has(kindKey(group, kind));
  }
}

/** Of a definition: https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/ */
function isClusterWide({ spec }: KubernetesObject): boolean {
  return typeof spec === 'object' && spec !== null && Object.hasOwn(spec, 'scope')
    ? (spec as { readonly scope: unknown }).scope === 'Cluster'
    : false;
}
