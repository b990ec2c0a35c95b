import type { InventoryEntry } from '../../api/index.ts';
import type { KubernetesObject, ObjectMarks, ObjectRef, Observation } from '../../core/index.ts';
import type { Contents } from '../plan/contents.ts';
import type { Neighbour } from '../plan/neighbour.ts';
import type { Ownership } from '../plan/ownership.ts';
import type { DeliveryScope, KeepReason, RefuseReason } from '../plan/plan.ts';

/** One object before it is decided what happens to it. */
export interface Candidate {
  /** `apply`: the build asks for it. `prune`: it is in the inventory and the build does not ask for it. */
  readonly intent: 'apply' | 'prune';
  readonly ref: ObjectRef;
  readonly desired: KubernetesObject | undefined;
  /** Of the live object. */
  readonly marks: ObjectMarks | undefined;
  readonly observation: Observation;
  readonly ownership: Ownership;
  /** What the inventory says of it. */
  readonly entry: InventoryEntry | undefined;
  readonly delivery: DeliveryScope;
  readonly neighbours: readonly Neighbour[];
  /** Inventory ids of objects that are left alone for now. */
  readonly resting: ReadonlySet<string>;
  /** What this delivery asks for, and what left its build and stays all the same. */
  readonly staying: Contents;
  /** What other deliveries have or ask for. */
  readonly others: Contents;
}

export type Finding =
  | { readonly kind: 'keep'; readonly reason: KeepReason }
  | { readonly kind: 'refuse'; readonly reason: RefuseReason; readonly detail: string };

/** One reason not to touch an object; `undefined` when it does not hold. */
export type Filter = (candidate: Candidate) => Finding | undefined;
