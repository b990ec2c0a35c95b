import type { KubernetesObject, ObjectRef } from './object.ts';

/** The delivery that owns an object, read from its owner labels. */
export interface Owner {
  readonly name: string;
  readonly namespace: string;
}

/** What a target holds under one reference. */
export type Observation =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'present';
      /** Absent when no delivery has marked the object as its own. */
      readonly owner: Owner | undefined;
      /** True when the target holds exactly what `desired` asks for; false without a `desired`. */
      readonly matches: boolean;
      /** The live object; absent when what is there cannot be read as one. */
      readonly live: KubernetesObject | undefined;
    };

/**
 * Where objects go: a Kubernetes API or a directory. An adapter acts and decides nothing; what may be touched is decided
 * by the plan. Every method rejects with a SealiftError (TARGET_FAILED and its kin) and stops when the signal aborts.
 */
export interface Target {
  /** For messages: `directory /var/lib/…`, `cluster https://…`. */
  readonly description: string;
  /** Compares the live object with `desired`, or only looks when there is none. Never treats a failure as absence. */
  observe(ref: ObjectRef, desired: KubernetesObject | undefined, signal: AbortSignal): Promise<Observation>;
  /** Creates or replaces the object as a whole; after a crash either the old or the new one is there. */
  write(object: KubernetesObject, signal: AbortSignal): Promise<void>;
  /** Removes the object; its absence is success. */
  remove(ref: ObjectRef, signal: AbortSignal): Promise<void>;
  /**
   * Calls `changed` soon after an object changed by another hand than ours; `undefined` means that anything may have.
   * Runs until the signal aborts; own writes may be reported too.
   */
  watch(changed: (ref: ObjectRef | undefined) => void, signal: AbortSignal): Promise<void>;
}
