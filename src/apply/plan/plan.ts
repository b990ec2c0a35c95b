import type { IgnoreRule, InventoryEntry } from '../../api/index.ts';
import type {
  Departure,
  KubernetesObject,
  ObjectRef,
  Owner,
  SealiftError,
  WriteOptions,
} from '../../core/index.ts';
import type { ChangedFields } from '../changes/changed-fields.ts';

/** What of a delivery steers its plan. */
export interface DeliveryScope {
  readonly owner: Owner;
  /** Whether objects that left the build are deleted. */
  readonly prune: boolean;
  /** Whether an object that cannot be changed in place may be recreated; the annotation `force` says so for one object. */
  readonly force: boolean;
  /** Fields of objects that are left to others. Default none. */
  readonly ignore?: readonly IgnoreRule[];
  /** Permits the set of objects to shrink as far as it likes, down to none. Default false. */
  readonly mayShrink?: boolean;
}

/** Why an object is left as it is. */
export type KeepReason =
  | 'reconcile-disabled'
  | 'ssa-ignore'
  | 'ssa-if-not-present'
  | 'owned-by-other'
  | 'fight'
  | 'moves-to-other'
  | 'claims-unknown'
  | 'still-used'
  | 'used-by-others'
  | 'foreign-object'
  | 'labels-removed'
  | 'prune-disabled'
  | 'prune-off'
  | 'departing'
  | 'unserved'
  | 'unreadable-entry';

/** Why an object cannot be delivered. */
export type RefuseReason = 'owned-by-other' | 'foreign-object';

interface Keep {
  readonly kind: 'keep';
  readonly ref: ObjectRef;
  readonly reason: KeepReason;
  /** What stays of it in the inventory. */
  readonly entry: InventoryEntry | undefined;
  /** What holds it, where it is deleted and not gone yet. */
  readonly departure?: Departure;
}

/** An object that cannot be as it should be. */
export interface Refuse {
  readonly kind: 'refuse';
  readonly ref: ObjectRef;
  /** `not-read`: what is there could not be looked at. */
  readonly reason: RefuseReason | 'refused-by-target' | 'not-read';
  /** What is in the way, or what the target says. */
  readonly detail: string;
  /** The fault of the target, where it is one. */
  readonly cause?: SealiftError;
  /** What stays of it in the inventory. */
  readonly entry?: InventoryEntry;
}

/** An object that is written. */
export type WriteStep =
  | { readonly kind: 'create'; readonly ref: ObjectRef; readonly object: KubernetesObject }
  | {
      readonly kind: 'change';
      readonly ref: ObjectRef;
      readonly object: KubernetesObject;
      /** `undefined` when what is there cannot be read, or need not be read to know that it differs. */
      readonly changes: ChangedFields | undefined;
      /** Who else wrote the object, where the target knows. */
      readonly by?: readonly string[];
      /** Of what is there, where the target knows. */
      readonly uid?: string;
      readonly recreate: boolean;
      /** Fields that stay as they are, as JSON pointers. */
      readonly ignored?: readonly string[];
    };

/** How it may be written. */
export function optionsOf(step: WriteStep): Pick<WriteOptions, 'recreate' | 'ignored'> {
  return step.kind === 'create' ? { recreate: false } : { recreate: step.recreate, ignored: step.ignored };
}

/** What happens to an object that the build asks for. */
export type ApplyStep = WriteStep | { readonly kind: 'unchanged'; readonly ref: ObjectRef } | Keep | Refuse;

export function isWrite(step: ApplyStep): step is WriteStep {
  return step.kind === 'create' || step.kind === 'change';
}

/** What happens to an object that left the build. */
export type PruneStep =
  | {
      readonly kind: 'delete';
      readonly ref: ObjectRef;
      readonly entry: InventoryEntry;
      /** Of what is there, where the target knows. */
      readonly uid?: string;
    }
  /** Deleted only when somebody says that so much is meant to go. */
  | { readonly kind: 'hold'; readonly ref: ObjectRef; readonly entry: InventoryEntry }
  | Keep
  | Refuse;

/** The changes a delivery would make. What left the build and is gone already has no step. */
export interface Plan {
  /** In apply order. */
  readonly applies: readonly ApplyStep[];
  /** In reverse order of application. */
  readonly prunes: readonly PruneStep[];
  /** The inventory before. */
  readonly inventory: readonly InventoryEntry[];
  /** What nothing that is said of its objects may repeat. */
  readonly secretTexts?: readonly string[];
}
