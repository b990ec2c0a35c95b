import {
  type Artifact,
  askedSource,
  type DesiredState,
  deliveryText,
  findNamed,
  inventoryId,
  type Kustomization,
  type ObjectName,
  type StateStore,
} from '../../api/index.ts';
import { asSealiftError, refOf } from '../../core/index.ts';
import { wayBack } from '../journal/journal.ts';
import type { DeliveryTargets } from '../places/delivery-targets.ts';
import type { SourcesInForce } from '../sources/in-force.ts';
import type { BuildStage } from '../stages/stages.ts';
import type { KnownNeighbour, Neighbours } from './claims.ts';
import { sameSource } from './dependencies.ts';
import { withdrawn } from './withdrawn.ts';

interface NeighbourhoodDeps {
  readonly build: BuildStage;
  readonly sources: SourcesInForce;
  readonly state: StateStore;
  readonly targets: Pick<DeliveryTargets, 'clusterFor' | 'clusterOf'>;
}

/** What a delivery asks for of one revision, as inventory ids. */
interface Built {
  readonly revision: string;
  readonly ids: Promise<ReadonlySet<string>>;
}

/** What the other deliveries of a site ask for in one cluster: looked up when objects go or stand in the way, from builds that are to be made anyway. */
export class Neighbourhood {
  readonly #deps: NeighbourhoodDeps;
  /** What was built of the deliveries of a configuration: in a release of a hundred deliveries each may ask for the ninety-nine others. */
  readonly #built = new WeakMap<DesiredState, Map<Kustomization, Built>>();

  constructor(deps: NeighbourhoodDeps) {
    this.#deps = deps;
  }

  /** The deliveries that share the source of this one, since they move with it; and those that left the configuration, which ask for nothing. */
  async of(
    delivery: Kustomization,
    artifact: Artifact,
    desired: DesiredState,
    signal: AbortSignal,
  ): Promise<Neighbours> {
    const cluster = this.#clusterOf(delivery, desired);
    const others = desired.deliveries.filter((one) => one !== delivery && sameSource(one, delivery));
    const { state, targets } = this.#deps;
    const neighbours: KnownNeighbour[] = withdrawn(state.deliveries.all(), desired)
      .filter(({ place = {} }) => targets.clusterOf(place) === cluster)
      .map((record) => ({ owner: ownerOf(record), asks: new Set() }));
    for (const other of others) {
      const theirs = this.#clusterOf(other, desired);
      if (theirs === cluster) neighbours.push(await this.#asksFrom(other, artifact, desired, signal));
      else if (theirs === undefined) neighbours.push(...this.#lost(other, cluster));
    }
    return { neighbours, elsewhere: this.#elsewhere(delivery.metadata, cluster) };
  }

  /** All deliveries of the configuration, for one that left it or this cluster: whichever of them goes on with its objects has another name. */
  async ofWithdrawn(
    owner: ObjectName,
    cluster: string,
    desired: DesiredState,
    signal: AbortSignal,
  ): Promise<Neighbours> {
    const neighbours: KnownNeighbour[] = [];
    for (const other of desired.deliveries) {
      const theirs = this.#clusterOf(other, desired);
      if (theirs === undefined) neighbours.push(...this.#lost(other, cluster));
      if (theirs !== cluster) continue;
      const known = await this.#asks(other, desired, signal);
      neighbours.push({ ...known, asks: known.asks ?? this.#inventoryOf(other) });
    }
    return { neighbours, elsewhere: this.#elsewhere(owner, cluster) };
  }

  /** What all others have in a cluster, whatever their source, and whether they are in the configuration or not. */
  #elsewhere({ namespace, name }: ObjectName, cluster: string | undefined): ReadonlySet<string> {
    const { state, targets } = this.#deps;
    const others = state.deliveries.all().filter((one) => one.namespace !== namespace || one.name !== name);
    const places = others.flatMap(({ place = {}, status, former = [] }) => [
      { place, entries: status.inventory?.entries ?? [] },
      ...former,
    ]);
    const there = places.filter(({ place }) => targets.clusterOf(place) === cluster);
    return new Set(there.flatMap(({ entries }) => entries.map(({ id }) => id)));
  }

  /** `undefined`, where nobody knows. */
  #clusterOf(delivery: Kustomization, desired: DesiredState): string | undefined {
    const { state, targets } = this.#deps;
    const { namespace, name } = delivery.metadata;
    const { place, status } = state.deliveries.find(namespace, name) ?? {};
    // Without objects anywhere it has not been at the site either, where that is all that a record says.
    const hasObjects = (status?.inventory?.entries.length ?? 0) > 0;
    const recorded = hasObjects ? (place ?? {}) : place;
    return targets.clusterFor(delivery, recorded, desired);
  }

  /** One whose cluster nobody knows may turn out to go to any but that of the site, which is named by naming none. */
  #lost(delivery: Kustomization, cluster: string | undefined): readonly KnownNeighbour[] {
    const isOfSite = cluster === this.#deps.targets.clusterOf({});
    return isOfSite ? [] : [this.#unknown(delivery, 'goes to a cluster that nobody can tell')];
  }

  async #asks(delivery: Kustomization, desired: DesiredState, signal: AbortSignal): Promise<KnownNeighbour> {
    const { namespace, name } = askedSource(delivery);
    const source = findNamed(desired.sources, namespace, name);
    if (source === undefined) return this.#unknown(delivery, 'has no source');
    const artifact = await this.#deps.sources.artifact(source, desired, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (artifact === undefined) return this.#unknown(delivery, 'has no accepted artifact in force');
    return this.#asksFrom(delivery, artifact, desired, signal);
  }

  /** What a delivery that is suspended, or went back to an older revision, holds stays its own, whatever it would build. */
  async #asksFrom(
    delivery: Kustomization,
    artifact: Artifact,
    desired: DesiredState,
    signal: AbortSignal,
  ): Promise<KnownNeighbour> {
    const held = this.#isStill(delivery) ? (this.#inventoryOf(delivery) ?? []) : [];
    try {
      const ids = await this.#build(delivery, artifact, desired, signal);
      return { owner: ownerOf(delivery.metadata), asks: new Set([...ids, ...held]) };
    } catch (thrown) {
      signal.throwIfAborted();
      const { code } = asSealiftError(thrown, deliveryText(delivery.metadata));
      return this.#unknown(delivery, `does not build (${code})`);
    }
  }

  /** One that is suspended, or went back, takes nothing over for now. Of any other it is known at the most in which namespace. */
  #unknown(delivery: Kustomization, why: string): KnownNeighbour {
    const owner = ownerOf(delivery.metadata);
    if (this.#isStill(delivery)) return { owner, asks: new Set(this.#inventoryOf(delivery) ?? []) };
    return { owner, asks: undefined, namespace: delivery.spec.targetNamespace, why };
  }

  #isStill({ metadata: { namespace, name }, spec }: Kustomization): boolean {
    return spec.suspend || wayBack(this.#deps.state.deliveries.find(namespace, name)?.journal) !== undefined;
  }

  #build(
    delivery: Kustomization,
    artifact: Artifact,
    desired: DesiredState,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const all = this.#built.get(desired) ?? new Map<Kustomization, Built>();
    this.#built.set(desired, all);
    const known = all.get(delivery);
    if (known?.revision === artifact.revision) return known.ids;
    const building = this.#deps.build.build({ delivery, artifact, desired }, signal);
    const ids = building.then(({ objects }) => new Set(objects.map((object) => inventoryId(refOf(object)))));
    all.set(delivery, { revision: artifact.revision, ids });
    // It may build the next time.
    ids.catch(() => all.delete(delivery));
    return ids;
  }

  /** `undefined` for a delivery that has not come to apply anything: nobody can tell what it will ask for. */
  #inventoryOf({ metadata: { namespace, name } }: Kustomization): ReadonlySet<string> | undefined {
    const { status } = this.#deps.state.deliveries.find(namespace, name) ?? {};
    const ids = new Set(status?.inventory?.entries.map(({ id }) => id));
    return ids.size > 0 || status?.lastAppliedRevision !== undefined ? ids : undefined;
  }
}

function ownerOf({ namespace, name }: ObjectName): KnownNeighbour['owner'] {
  return { namespace, name };
}
