import type { SealiftError } from './errors.ts';
import type { HealthWatch } from './health-watch.ts';
import type { KubernetesObject, ObjectMarks, ObjectRef } from './object.ts';

/** The delivery that owns an object, read from its owner labels. */
export interface Owner {
  readonly name: string;
  readonly namespace: string;
}

/** An object whose deletion was asked for and that is not gone yet. */
export interface Departure {
  /** What has to be done before it goes; none while a grace period runs, or where only its own controller knows. */
  readonly finalizers: readonly string[];
}

/** What a target holds under one reference. `detail` says what is there without quoting it: it may hold secrets. */
export type Observation =
  | { readonly kind: 'absent' }
  /** Its kind is not served at the moment: nobody can tell whether it is there. */
  | { readonly kind: 'unserved' }
  | {
      readonly kind: 'present';
      /** `undefined` when no delivery has marked the object as its own. */
      readonly owner: Owner | undefined;
      /** True when the target holds exactly what `desired` asks for; false without a `desired`. */
      readonly matches: boolean;
      /** Tells it from one of the same name that came after it, and is the same under every kind that it is served as. Absent where there is none. */
      readonly uid?: string;
      /** All its labels and annotations, or at least those under Flux's keys. */
      readonly marks: ObjectMarks;
      /** The object itself; absent where the target answers without having read it. */
      readonly live?: KubernetesObject;
      /** Who else wrote the object: names of field managers, the latest first. Absent where the target does not know. */
      readonly writers?: readonly string[];
      /** Its deletion was asked for, by whomever. */
      readonly departure?: Departure;
    }
  /** Content at the place of the object that cannot be read as that object, so that it names no owner. */
  | { readonly kind: 'unreadable'; readonly detail: string }
  /** No object can be written there: a directory or a link stands in its place. */
  | { readonly kind: 'blocked'; readonly detail: string };

/** Nothing, or the object of this UID. */
export type Basis = { readonly kind: 'nothing' } | { readonly kind: 'object'; readonly uid: string };

export interface WriteOptions {
  /** Permits to delete the object and create it anew where it cannot be changed in place; never before the new one is known to be valid. */
  readonly recreate: boolean;
  /** Fields that are left to others, as JSON pointers: in an object that is there they stay as they are. Default none. */
  readonly ignored?: readonly string[] | undefined;
  /** What was there when this was decided, where that is known; anything else is a TARGET_CHANGED. */
  readonly basis?: Basis;
  /** Called when the object was deleted to be created anew: from then on it is gone, whatever becomes of the new one. */
  readonly deleted?: () => void;
  /** Called with what the target has to say of the object that it took, such as that its version is deprecated. */
  readonly warned?: (warnings: readonly string[]) => void;
}

/** Whether an object would be taken, as far as that is known before it is written. */
export type TrialVerdict =
  | { readonly kind: 'accepted' }
  /** TARGET_INVALID, TARGET_IMMUTABLE or TARGET_ADMISSION_DENIED, in the target's own words. */
  | { readonly kind: 'refused'; readonly error: SealiftError }
  /** Its write will tell, or a trial when more is there. */
  | { readonly kind: 'undecided' };

/** Asked by whoever plans, before anything is written. */
export interface TargetTrials {
  /** Finds out whether `write` with these options would be refused, and changes nothing. Rejects as a target does. */
  verdictOn(
    object: KubernetesObject,
    options: Pick<WriteOptions, 'recreate' | 'ignored'>,
    signal: AbortSignal,
  ): Promise<TrialVerdict>;
}

/**
 * Where objects go: a Kubernetes API or a directory. An adapter acts and decides nothing; what may be touched is decided
 * by the plan. Every method rejects with a SealiftError (TARGET_FAILED and its kin), or with the reason of the signal as
 * soon as that aborts.
 */
export interface Target {
  /** For messages: `directory /var/lib/…`, `cluster https://…`. */
  readonly description: string;
  /** How many writes or removals may run at the same time. Default 1. */
  readonly parallelWrites?: number;
  /** How objects are doing. Absent where nobody makes them run, as in a directory: there is nothing to wait for then. */
  readonly health?: HealthWatch;
  /** Whether objects would be taken. Absent where nobody judges them, as in a directory. */
  readonly trials?: TargetTrials;
  /**
   * Where an object stands: without a namespace where its kind has none. `undefined` for a kind that is not known. Absent where objects stand wherever they
   * are said to.
   */
  place?(ref: ObjectRef, signal: AbortSignal): Promise<ObjectRef | undefined>;
  /**
   * Compares the live object with `desired`, but for fields that are left to others (`ignored`, JSON pointers), or only looks when there is none. Never
   * treats a failure as absence. Changes nothing.
   */
  observe(
    ref: ObjectRef,
    desired: KubernetesObject | undefined,
    signal: AbortSignal,
    ignored?: readonly string[],
  ): Promise<Observation>;
  /**
   * Creates or replaces the object as a whole; after a crash either the old or the new one is there. Resolves when others may lean on it: once
   * a definition is established, its kind can be written.
   */
  write(object: KubernetesObject, options: WriteOptions, signal: AbortSignal): Promise<void>;
  /**
   * Removes the object; its absence is success. Resolves with what holds it where it is not gone at once. Another one than that of the UID, where one is given,
   * is a TARGET_CHANGED.
   */
  remove(ref: ObjectRef, signal: AbortSignal, uid?: string): Promise<Departure | undefined>;
  /**
   * Calls `changed` soon after an object that this target has observed or written changed by another hand; our own writes may be told too.
   * `undefined` means that anything may have: called once as soon as the watch holds, and after every gap in it.
   * Resolves when the signal aborts; rejects when it cannot watch any longer.
   */
  watch(changed: (ref: ObjectRef | undefined) => void, signal: AbortSignal): Promise<void>;
}
