import {
  type DeliveryPlace,
  type DesiredState,
  deliveryText,
  type Kustomization,
  nameText,
  type ObjectName,
  refuseUnsupportedDelivery,
} from '../../api/index.ts';
import { type Clock, SealiftError, type Target } from '../../core/index.ts';
import type { DeliveryTarget } from './delivery-target.ts';
import { OpenTargets } from './open-targets.ts';
import type { PlaceOpener } from './place-opener.ts';
import {
  formerQuestion,
  givenSubject,
  type PlaceQuestion,
  placeQuestion,
  type ResolvedPlace,
  resolvePlace,
} from './resolve-place.ts';
import type { WatchListener } from './watch-target.ts';

interface Parts {
  /** Of the site. */
  readonly target: Target;
  /** Absent: there is no other cluster, and nobody to act as. */
  readonly places?: PlaceOpener | undefined;
  /** Acts for those that name none. */
  readonly defaultServiceAccount?: string | undefined;
  readonly clock: Clock;
}

/** The targets of deliveries: one for each cluster and account that some delivery uses, opened when first needed. */
export class DeliveryTargets {
  readonly #parts: Parts;
  readonly #open: OpenTargets;
  /** By configuration and delivery: asked for each neighbour of each delivery. */
  readonly #clusters = new WeakMap<DesiredState, Map<Kustomization, string | undefined>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#open = new OpenTargets(parts.clock, parts.target);
  }

  /** Where a delivery goes. @throws SealiftError OBJECT_NOT_FOUND, CONFIG_INVALID, CONFIG_UNSUPPORTED. */
  of(delivery: Kustomization, desired: DesiredState): DeliveryTarget {
    return this.#use(delivery.metadata, this.#resolve(delivery, desired));
  }

  /** Where it went. What is still open serves also when its Secret has gone with the delivery, or leads elsewhere. @throws as `of`. */
  former(by: ObjectName, place: DeliveryPlace, desired: DesiredState): DeliveryTarget {
    try {
      return this.#use(by, this.#resolveFormer(by, place, desired));
    } catch (thrown) {
      const open = this.#open.usedBy(nameText(by), place);
      if (open === undefined) throw thrown;
      return open;
    }
  }

  /** Ends a run: what the delivery used before and not in this run is let go, and closed with its last user. */
  settle(by: ObjectName): void {
    this.#open.settle(nameText(by));
  }

  /** The delivery uses nothing any more. */
  forget(by: ObjectName): void {
    this.#open.forget(nameText(by));
  }

  /** Whether a change at a target concerns a delivery. */
  isAt(by: ObjectName, key: string): boolean {
    return this.#open.isAt(nameText(by), key);
  }

  /** Which cluster objects went to. */
  clusterOf({ kubeConfig }: DeliveryPlace): string {
    return kubeConfig?.server ?? this.#parts.places?.server ?? '';
  }

  /** Which cluster a delivery goes to; `recorded`, where it went last, where that cannot be told. `undefined`: nobody knows. */
  clusterFor(
    delivery: Kustomization,
    recorded: DeliveryPlace | undefined,
    desired: DesiredState,
  ): string | undefined {
    const known = this.#clusters.get(desired) ?? new Map<Kustomization, string | undefined>();
    this.#clusters.set(desired, known);
    if (!known.has(delivery)) known.set(delivery, this.#clusterNow(delivery, desired));
    return known.get(delivery) ?? (recorded === undefined ? undefined : this.clusterOf(recorded));
  }

  /** Watches all targets while they are open, until the signal aborts. */
  watch(listener: WatchListener, signal: AbortSignal): Promise<void> {
    return this.#open.watch(listener, signal);
  }

  /** Closes all but the target of the site, which whoever opened it closes. */
  close(): Promise<void> {
    return this.#open.close();
  }

  #clusterNow(delivery: Kustomization, desired: DesiredState): string | undefined {
    try {
      return this.#resolve(delivery, desired).cluster;
    } catch {
      return undefined;
    }
  }

  #resolve(delivery: Kustomization, desired: DesiredState): ResolvedPlace {
    refuseUnsupportedDelivery(delivery);
    const subject = deliveryText(delivery.metadata);
    return this.#resolved(placeQuestion(delivery, this.#parts.defaultServiceAccount), desired, subject);
  }

  #resolveFormer(
    { namespace, name }: ObjectName,
    place: DeliveryPlace,
    desired: DesiredState,
  ): ResolvedPlace {
    const subject = deliveryText({ namespace, name });
    const resolved = this.#resolved(formerQuestion(namespace, place), desired, subject);
    const { kubeConfig } = place;
    if (kubeConfig === undefined || resolved.cluster === kubeConfig.server) return resolved;
    const detail = `expected the address ${kubeConfig.server}, where objects were delivered to, got ${resolved.cluster}`;
    throw new SealiftError('CONFIG_INVALID', givenSubject(namespace, kubeConfig), detail);
  }

  #resolved(question: PlaceQuestion, desired: DesiredState, subject: string): ResolvedPlace {
    const { places, target } = this.#parts;
    const { account, kubeConfig } = question;
    if (places !== undefined) return resolvePlace(question, desired, places);
    const set = [
      ...(kubeConfig === undefined ? [] : ['spec.kubeConfig']),
      ...(account === undefined ? [] : ['spec.serviceAccountName']),
    ];
    if (set.length === 0) return { place: {}, cluster: '', access: undefined };
    const detail = `${set.join(', ')}: expected a cluster as the target of the site, got the ${target.description}`;
    throw new SealiftError('CONFIG_UNSUPPORTED', subject, detail);
  }

  #use(by: ObjectName, resolved: ResolvedPlace): DeliveryTarget {
    const { places } = this.#parts;
    return this.#open.use(nameText(by), by.namespace, resolved, places);
  }
}
